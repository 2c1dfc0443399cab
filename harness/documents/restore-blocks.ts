import { seconds } from '../lib/duration.ts'
import type { Block, TypedStep } from './block.ts'

/** RB 4.1 on three fresh machines, whose servers begin without a seal or with the one of RB:328. */

export const NODE_1 = '$DRILL_NODE_1'
export const KEYS = '/tmp/vault-init-keys.txt'

/** The configuration of a fresh machine: HLD:121-175 without its second listener. */
export const freshConfiguration =
  (isSealedByKms: boolean) =>
  (n: number, seal: { readonly keyId: string; readonly endpoint: string }): string =>
    `
storage "raft" {
  path    = "/vault/data"
  node_id = "vault-${n}"
  performance_multiplier = 1
}

listener "tcp" {
  address     = "0.0.0.0:8200"
  tls_disable = 1
}

cluster_addr  = "http://vault-${n}:8201"
api_addr      = "http://vault-${n}:8200"
${
  isSealedByKms
    ? `
seal "awskms" {
  region     = "us-east-1"
  kms_key_id = "${seal.keyId}"
  endpoint   = "${seal.endpoint}"
}
`
    : ''
}`

/** What was lost: a credential and its backup, on the cluster that is given up. */
export const beforeTheLoss: Block = {
  id: 'rb-4.1-before-the-loss',
  title: 'What the backup holds',
  document: 'RB',
  lines: '205-209',
  given: 'export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)',
  steps: [
    {
      title: 'A credential is stored, and a backup uploaded',
      lines: '209',
      types: `vault kv put secret/tenants/00000000-0000-0000-0000-000000000001/binance/api_key api_key=before-the-loss &&
vault operator raft snapshot save /tmp/vault-snapshot-last.snap &&
aws s3 cp /tmp/vault-snapshot-last.snap s3://alphapulse-vault-backups/vault-snapshot-last.snap`,
      expected: 'there is a backup',
      documented: {},
    },
  ],
}

export const DOWNLOAD: TypedStep = {
  title: 'Step 2: download the latest backup',
  lines: '218-220',
  types: `LATEST_BACKUP=$(aws s3 ls s3://alphapulse-vault-backups/ | grep vault-snapshot | tail -1 | awk '{print $4}')
aws s3 cp "s3://alphapulse-vault-backups/\${LATEST_BACKUP}" /tmp/vault-restore.snap`,
  expected: 'the file is there',
  documented: { looks: /^[1-9]/ },
  lookAfter: 'wc -c < /tmp/vault-restore.snap',
}

const inspection = (shows: readonly string[]): TypedStep => ({
  title: 'Step 2: inspect the backup',
  lines: '222-223',
  types: 'vault operator raft snapshot inspect /tmp/vault-restore.snap',
  expected: 'the backup is verified: it can be restored to these nodes',
  // What the nodes lack is the seal of the backup, so its name is what would have to be said.
  documented: shows.length === 0 ? {} : { says: /awskms/ },
  shows,
  telling: /^(Usage|ID|Version)\b/,
})

const UNSEAL_FIRST: TypedStep = {
  title: 'Step 3: unseal node 1',
  lines: '234-237',
  at: NODE_1,
  types: `vault operator unseal <key1>
vault operator unseal <key2>
vault operator unseal <key3>`,
  expected: 'node 1 is unsealed',
  documented: { says: /Sealed\s+false/ },
  telling: /^(Sealed|\* )/,
}

const ASK_STATUS = `vault status | grep -E '^(Seal Type|Sealed)' | sed 's/  */ /' | paste -sd,`

const join = (n: 2 | 3, shows: readonly string[]): TypedStep => ({
  title: `Step 5: join node ${n} and unseal it`,
  lines: n === 2 ? '243-250' : '252-257',
  at: `$DRILL_NODE_${n}`,
  types: `vault operator raft join https://vault-node-1:8200
vault operator unseal <key1>
vault operator unseal <key2>
vault operator unseal <key3>`,
  expected: `node ${n} is unsealed and replicates`,
  documented: { looks: /^429$/ },
  shows,
  telling: /^(Joined|Sealed|\* |Code)/,
  // Twice as long as a node takes that can be unsealed at all.
  lookAfter: `sleep 15; curl -s -o /dev/null -w '%{http_code}\\n' $VAULT_ADDR/v1/sys/health`,
  within: seconds(90),
})

const peers = (shows: readonly string[]): TypedStep => ({
  title: 'Step 6: see three peers',
  lines: '259-267',
  at: NODE_1,
  types: 'vault operator raft list-peers',
  expected: 'a leader and two followers',
  documented: { says: /follower[\s\S]*follower/ },
  shows,
  telling: /^(vault-|Code|\* )/,
})

const read = (shows: readonly string[]): TypedStep => ({
  title: 'Step 7: read a credential',
  lines: '269-271',
  at: NODE_1,
  types: 'vault kv get secret/tenants/00000000-0000-0000-0000-000000000001/binance/api_key',
  expected: 'the credential of before the loss',
  documented: { says: /before-the-loss/ },
  shows,
  telling: /^(api_key|Code|\* )/,
})

/** Shamir first, auto-unseal last, as steps 3 and 8 have it. */
export const restoreUnderShamir: Block = {
  id: 'rb-4.1-restore-shamir',
  title: 'The restore of a lost cluster, as written',
  document: 'RB',
  lines: '205-283',
  steps: [
    {
      title: 'Step 1: provision three nodes',
      lines: '214-216',
      byPeople: 'they are there already',
    },
    DOWNLOAD,
    inspection(['RB-12']),
    {
      title: 'Step 3: initialise node 1',
      lines: '225-227',
      at: NODE_1,
      types: `vault operator init -key-shares=5 -key-threshold=3 > ${KEYS}`,
      expected: 'keys and a root token are in the file',
      documented: { looks: /^6$/ },
      lookAfter: `grep -cE '^(Unseal Key|Initial Root Token)' ${KEYS}`,
    },
    UNSEAL_FIRST,
    {
      title: 'Step 4: restore the snapshot to node 1',
      lines: '239-241',
      at: NODE_1,
      types: `export VAULT_TOKEN="<root-token-from-init>"
vault operator raft snapshot restore -force /tmp/vault-restore.snap`,
      expected: 'node 1 serves the data of the backup',
      documented: { looks: /Sealed false/ },
      shows: ['RB-02', 'RB-03'],
      telling: /^(\* |Code|Error)/,
      lookAfter: `sleep 10; ${ASK_STATUS}`,
    },
    {
      title: 'Step 4 again: unseal node 1 with the keys of its init',
      lines: '234-241',
      at: NODE_1,
      types: `vault operator unseal <key1>
vault operator unseal <key2>
vault operator unseal <key3>`,
      expected: 'node 1 is unsealed',
      documented: { looks: /Sealed false/ },
      shows: ['RB-02'],
      telling: /^(\* |Code)/,
      lookAfter: ASK_STATUS,
    },
    join(2, ['RB-02', 'RB-04']),
    join(3, ['RB-02', 'RB-04']),
    peers(['RB-02']),
    read(['RB-02']),
    {
      title: 'Step 8: turn auto-unseal on',
      lines: '273-275',
      byPeople: 'there is nothing to turn it on for',
    },
    {
      title: 'Steps 9 and 10: DNS, and tell those who wait',
      lines: '277-282',
      byPeople: 'a person at the balancer, and a message',
    },
  ],
}

/** The seal of RB:328 from the beginning, which takes an init that is not the written one. */
export const restoreUnderKms: Block = {
  id: 'rb-4.1-restore-awskms',
  title: 'The restore of a lost cluster under its KMS seal, else as written',
  document: 'RB',
  lines: '205-283',
  steps: [
    {
      title: 'Step 1: provision three nodes',
      lines: '214-216',
      byPeople: 'they are there already',
    },
    DOWNLOAD,
    inspection([]),
    {
      title: 'Step 3: initialise node 1',
      lines: '225-227',
      at: NODE_1,
      types: `vault operator init -key-shares=5 -key-threshold=3 > ${KEYS}`,
      expected: 'keys and a root token are in the file',
      documented: { looks: /^6$/ },
      shows: ['RB-01'],
      telling: /^(\* |Code)/,
      lookAfter: `grep -cE '^(Unseal Key|Initial Root Token)' ${KEYS}`,
    },
    {
      title: 'Step 4: restore the snapshot to node 1, which we have initialised',
      lines: '239-241',
      at: NODE_1,
      given: `vault operator init -recovery-shares=5 -recovery-threshold=3 > ${KEYS}; sleep 3`,
      types: `export VAULT_TOKEN="<root-token-from-init>"
vault operator raft snapshot restore -force /tmp/vault-restore.snap`,
      expected: 'node 1 serves the data of the backup',
      documented: { looks: /Sealed false/ },
      telling: /^(\* |Code|Error)/,
      lookAfter: `sleep 10; ${ASK_STATUS}`,
    },
    join(2, ['RB-04', 'RB-05']),
    join(3, ['RB-04', 'RB-05']),
    peers(['RB-05', 'RB-06']),
    read(['RB-06']),
    {
      title: 'Steps 8 to 10: auto-unseal, DNS, and tell those who wait',
      lines: '273-282',
      byPeople: 'a person at the configuration and the balancer, and a message',
    },
  ],
}
