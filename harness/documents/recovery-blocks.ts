import type { Block } from './block.ts'

/** RB 6: corruption and deletion, on a cluster that runs. */

const TENANT = 'secret/tenants/00000000-0000-0000-0000-000000000001'
const SIGNED_IN = 'export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)'

const LIST_PEERS =
  'vault operator raft list-peers | grep -E "Index mismatch|Checksum failure|Index|Checksum"'
const LOOK_FOR_ERRORS = 'tail -100 /var/log/vault/audit.log | grep "ERROR"'
/** The same lines, by the word of the document and by the field that tells of a failed request. */
const COUNT_ERRORS = `lines() { tail -100 /var/log/vault/audit.log | grep -c "$1" | sed 's/^[1-9].*/some/'; }
echo "$(lines ERROR) of the last lines with ERROR, $(lines '"error":') with a field error"`

export const corruptionSigns: Block = {
  id: 'rb-6.2-identify-corruption',
  title: 'Signs of corrupted data',
  document: 'RB',
  lines: '490-501',
  given: SIGNED_IN,
  brings: { '/var/log/vault/audit.log': 'audit' },
  steps: [
    {
      title: 'Look for errors in the audit log',
      lines: '495-497',
      // A request that is refused, so that there is something to be found.
      given:
        'VAULT_TOKEN=$(vault token create -policy=default -field=token) vault kv get secret/not-there >/dev/null 2>&1; true',
      types: LOOK_FOR_ERRORS,
      expected: 'failed requests are found by the word',
      documented: {},
      shows: ['RB-14'],
      lookAfter: COUNT_ERRORS,
    },
    {
      title: 'Look for the words of corruption among the peers',
      lines: '499-501',
      types: LIST_PEERS,
      expected:
        '"Index mismatch" or "Checksum failure", were there one: the table would have room for them',
      documented: {},
      shows: ['RB-14'],
      lookAfter: 'vault operator raft list-peers | head -1',
    },
  ],
}

/** The first sign where it should be: at a node with damaged data, after all was read there. */
const signsAt = (id: string, node: string): Block => ({
  id,
  title: `Signs of corrupted data at a node ${node}`,
  document: 'RB',
  lines: '495-497',
  brings: { '/var/log/vault/audit.log': 'audit' },
  steps: [
    {
      title: `Look for errors in the audit log of a node ${node}`,
      lines: '495-497',
      types: LOOK_FOR_ERRORS,
      expected: 'what cannot be read is found by the word',
      documented: {},
      shows: ['RB-14'],
      lookAfter: COUNT_ERRORS,
    },
  ],
})

export const signsOfFlippedData = signsAt(
  'rb-6.2-signs-of-flipped-data',
  'that cannot decrypt what it has',
)
export const signsOfFlippedHeader = signsAt(
  'rb-6.2-signs-of-a-flipped-header',
  'that cannot open what it has',
)

export const peersBesideDamage: Block = {
  id: 'rb-6.2-peers-beside-damage',
  title: 'Signs of corrupted data, among the peers of a damaged node',
  document: 'RB',
  lines: '499-501',
  given: SIGNED_IN,
  steps: [
    {
      title: 'Look for the words of corruption among the peers of a damaged node',
      lines: '499-501',
      types: LIST_PEERS,
      expected: '"Index mismatch" or "Checksum failure"',
      documented: {},
      shows: ['RB-14'],
      lookAfter: 'vault operator raft list-peers | head -1',
    },
  ],
}

/** RB:505 at a node whose data is damaged. The shell knows it as `DRILL_NODE`. */
export const corruptedRemoved: Block = {
  id: 'rb-6.2-remove-corrupted',
  title: 'A damaged node is taken out of the cluster',
  document: 'RB',
  lines: '503-505',
  given: SIGNED_IN,
  steps: [
    {
      title: 'Isolate the corrupted node',
      lines: '503-505',
      at: 'https://balancer:8200',
      types: 'vault operator raft remove-peer <node-id>',
      expected: 'it is no peer any more, and the two others are',
      documented: { says: /[Pp]eer removed/, looks: /^2$/ },
      confirms: true,
      lookAfter: `vault operator raft list-peers | grep -cE ' (leader|follower) '`,
    },
  ],
}

export const pointInTime: Block = {
  id: 'rb-6.3-point-in-time',
  title: 'A secret was deleted by accident',
  document: 'RB',
  lines: '516-552',
  brings: { '/var/log/vault/audit.log': 'audit' },
  steps: [
    {
      title: 'Find when it was deleted',
      lines: '522-524',
      types: 'grep "secret/tenants/<tenant-id>" /var/log/vault/audit.log | grep "delete"',
      expected: 'the request that deleted it, with its time',
      documented: {},
      shows: ['RB-15'],
      lookAfter: `echo "$(grep -c '"path":"secret/data/tenants/<tenant-id>/binance/api_key"' /var/log/vault/audit.log | sed 's/^[1-9].*/some/') entries name secret/data/tenants/…"`,
    },
    {
      title: 'Find the backup before it',
      lines: '526-528',
      types: `aws s3 ls s3://alphapulse-vault-backups/ | grep "$(date -d '24 hours ago' +%Y%m%d)"`,
      expected: 'the daily snapshot of yesterday',
      documented: {},
    },
    {
      title: 'Restore it to a temporary instance',
      lines: '530-532',
      at: 'temporary',
      types: 'vault operator raft snapshot restore /tmp/vault-backup-before-deletion.snap',
      expected: 'the temporary instance holds the data of the backup',
      documented: {},
      shows: ['RB-17'],
      telling: /^(\* |Code)/,
    },
    {
      title: 'Extract the deleted secret',
      lines: '534-535',
      at: 'temporary',
      types: `vault kv get -format=json secret/tenants/<tenant-id>/binance/api_key > /tmp/recovered-secret.json`,
      expected: 'the secret as JSON',
      documented: { looks: /data/ },
      lookAfter: 'wc -c < /tmp/recovered-secret.json',
    },
    {
      title: 'Import it into production',
      lines: '537-540',
      // What the step before would have written, had there been an instance to ask.
      given: `${SIGNED_IN}; cp /drill/extracted.json /tmp/recovered-secret.json`,
      types: `vault kv put secret/tenants/<tenant-id>/binance/api_key \\
    api_key="$(jq -r .data.api_key /tmp/recovered-secret.json)" \\
    api_secret="$(jq -r .data.api_secret /tmp/recovered-secret.json)"`,
      expected: 'the credential is as it was before it was deleted',
      documented: { looks: /"api_key":"key-of-the-tenant"/ },
      shows: ['RB-18'],
      telling: /^version/,
      lookAfter:
        'vault kv get -format=json secret/tenants/<tenant-id>/binance/api_key | jq -c .data.data',
    },
    {
      title: 'Test the credential with the exchange',
      lines: '542-551',
      byPeople: 'it takes the exchange itself',
    },
  ],
}

/** The state in which {@link pointInTime} is typed: a credential, a snapshot, the deletion. */
export const credentialDeleted: Block = {
  id: 'rb-6.3-the-accident',
  title: 'What happened before',
  document: 'RB',
  lines: '516-519',
  given: SIGNED_IN,
  steps: [
    {
      title: 'A credential is written, backed up and deleted',
      lines: '518',
      types: `vault kv put ${TENANT}/binance/api_key api_key=key-of-the-tenant api_secret=of-the-tenant note=kept
vault kv get -format=json ${TENANT}/binance/api_key > /drill/extracted.json
vault operator raft snapshot save /tmp/vault-backup-before-deletion.snap
vault kv delete ${TENANT}/binance/api_key`,
      expected: 'it is gone',
      documented: { says: /Success! Data deleted/ },
    },
    {
      title: 'The secret is asked for, and then undeleted',
      lines: '519',
      types: `vault kv get ${TENANT}/binance/api_key`,
      expected: 'nothing but a restore of a snapshot brings it back',
      documented: { exit: 2, looks: /^(null)?$/ },
      shows: ['RB-16'],
      telling: /^deletion_time/,
      lookAfter: `vault kv undelete -versions=1 ${TENANT}/binance/api_key >/dev/null
vault kv get -format=json ${TENANT}/binance/api_key | jq -c .data.data
vault kv delete ${TENANT}/binance/api_key >/dev/null`,
    },
  ],
}
