/**
 * How the documents' names and placeholders become ours: the one table. What stands in none of
 * its rows is typed letter for letter.
 */
export type Place = {
  /** As the document has it. */
  readonly document: string
  /** As it is typed here. */
  readonly here: string
  readonly because: string
}

/** The operator reaches nodes and balancer by ports of its own pod; see cluster/topology.ts. */
export const places: readonly Place[] = [
  {
    document: 'https://vault.alphapulse.io:8200',
    here: 'https://balancer:8200',
    because: 'the load balancer, by the name in its certificate',
  },
  {
    document: 'https://vault-node-1:8200',
    here: '$DRILL_FIRST',
    because: 'a node as the other nodes reach it',
  },
  ...[2, 3].map((n) => ({
    document: `https://vault-node-${n}:8200`,
    here: `$DRILL_NODE_${n}`,
    because: 'a node as the operator reaches it (RB:394, 399)',
  })),
  ...[0, 1, 2].map((n) => ({
    document: `http://localhost:820${2 * n}`,
    here: `$DRILL_NODE_${n + 1}`,
    because: "a node by its port on the developer's machine (HLD:226, 254, 283)",
  })),
  {
    document: 'https://vault-leader:8200',
    here: '-leader-ca-cert=@/usr/local/share/ca-certificates/drill.crt $DRILL_LEADER',
    because: 'whoever leads; the authority of its certificate is one of our own',
  },
  {
    document: '<failed-node-id>',
    here: '$DRILL_NODE',
    because: 'the node that was lost',
  },
  {
    document: '<node-id>',
    here: '$DRILL_NODE',
    because: 'the node whose data is damaged',
  },
  {
    document: 'journalctl -u vault -f',
    here: 'cat /drill/node.log',
    because: "the log of the node's server, which no systemd keeps here",
  },
  {
    document: '<your-token>',
    here: '$(cat /drill/token)',
    because: 'the root token of this cluster',
  },
  {
    document: '<root-token-from-init>',
    here: `$(sed -n 's/^Initial Root Token: //p' /tmp/vault-init-keys.txt)`,
    because: 'read from the file that the step before wrote',
  },
  ...[1, 2, 3].map((n) => ({
    document: `<key${n}>`,
    here: `"$(sed -n 's/^\\(Unseal\\|Recovery\\) Key ${n}: //p' /tmp/vault-init-keys.txt)"`,
    because: 'read from the file that the step before wrote',
  })),
  {
    document: '<tenant-id>',
    here: '00000000-0000-0000-0000-000000000001',
    because: 'the tenant of RB:271',
  },
  {
    document: 'alias/alphapulse-vault-unseal',
    here: '$DRILL_KEY_ALIAS',
    because: 'each cluster has a key of its own behind its own alias',
  },
]

/** The text as it is typed here. */
export const inPlace = (text: string): string =>
  places.reduce((typed, { document, here }) => typed.replaceAll(document, here), text)
