import type { Block } from './block.ts'

/** RB 4.2 on a cluster whose KMS seal opens every node. */

const KEYS = '/tmp/vault-init-keys.txt'

/** RB 4.2 while one of three nodes is lost. The shell knows the node as `DRILL_NODE`. */
export const replaceNode: Block = {
  id: 'rb-4.2-replace-node',
  title: 'One of three nodes is replaced, as written',
  document: 'RB',
  lines: '285-314',
  given: `export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)
DRILL_LEADER=$(curl -s $VAULT_ADDR/v1/sys/leader | jq -r .leader_address)
awk '{ print "Recovery Key " NR ": " $0 }' /drill/keys > ${KEYS}`,
  steps: [
    {
      title: 'Step 1: remove the failed node',
      lines: '291-293',
      at: 'https://balancer:8200',
      types: 'vault operator raft remove-peer <failed-node-id>',
      expected: 'it is no peer any more',
      documented: { says: /[Pp]eer removed/ },
    },
    {
      title: 'Step 2: provision a replacement',
      lines: '295-296',
      byPeople: 'the scenario starts it, beside this block',
    },
  ],
}

/** The same from the moment at which the new machine is there. */
export const joinReplacement: Block = {
  id: 'rb-4.2-join-replacement',
  title: 'The new machine becomes a node, as written',
  document: 'RB',
  lines: '298-314',
  brings: { '/drill/node.log': 'log' },
  steps: [
    {
      title: 'Step 3: join the replacement',
      lines: '298-300',
      types: 'vault operator raft join https://vault-leader:8200',
      expected: 'it joins',
      documented: { says: /Joined\s+true/ },
    },
    {
      title: 'Step 4: unseal the replacement',
      lines: '302-305',
      given: 'sleep 10',
      types: `vault operator unseal <key1>
vault operator unseal <key2>
vault operator unseal <key3>`,
      expected: 'sealed before the first key, unsealed after the third',
      documented: { says: /Unseal Progress\s+1\/3/ },
      shows: ['RB-21'],
      telling: /^(Sealed|Unseal Progress|\* )/,
    },
    {
      title: 'Step 5: see the replacement among the peers',
      lines: '307-309',
      types: 'vault operator raft list-peers',
      expected: 'it is a follower',
      documented: { says: /follower[\s\S]*follower/ },
    },
    {
      title: 'Step 6: watch the replication in the log',
      lines: '311-313',
      types: 'journalctl -u vault -f | grep "replication"',
      expected: 'lines that tell how far the data has come',
      documented: {},
      shows: ['RB-21'],
    },
  ],
}
