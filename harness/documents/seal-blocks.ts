import type { Block, TypedStep } from './block.ts'

/** RB 5: seal and keys. */

export const triage: Block = {
  id: 'rb-5.1-triage',
  title: 'Troubleshooting of an auto-unseal that failed',
  document: 'RB',
  lines: '334-352',
  steps: [
    {
      title: 'Check the status',
      lines: '337-338',
      types: 'vault status',
      expected: 'whether the node is sealed',
      // 2 is what it ends with for a sealed node.
      documented: { exit: 2, says: /Sealed\s+true/ },
      telling: /^(Seal Type|Sealed|Initialized)/,
    },
    {
      title: 'Check access to the KMS key',
      lines: '340-341',
      types: 'aws kms describe-key --key-id vault-unseal-key',
      expected: 'the key and its state',
      documented: { says: /KeyState/ },
      shows: ['RB-22'],
      telling: /error occurred/,
    },
    {
      title: 'Check permissions of the role',
      lines: '343-344',
      types: 'aws sts get-caller-identity',
      expected: 'who is calling',
      documented: { says: /Arn/ },
    },
    {
      title: 'Look for errors of KMS in the logs of CloudWatch',
      lines: '346-349',
      types: `aws logs filter-log-events \\
    --log-group-name /aws/kms/vault-unseal \\
    --start-time $(date -u -d '1 hour ago' +%s000)`,
      expected: 'the errors of the last hour',
      documented: {},
      telling: /error occurred/,
    },
    {
      title: 'With the name that the seal really uses',
      lines: '340-341',
      types: 'aws kms describe-key --key-id alias/alphapulse-vault-unseal',
      expected: 'the key and its state',
      documented: { says: /"KeyState": "Disabled"/ },
    },
  ],
}

export const rekey: Block = {
  id: 'rb-5.3-rekey',
  title: 'Rotation of the unseal keys',
  document: 'RB',
  lines: '409-423',
  given: 'export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)',
  steps: [
    {
      title: 'Generate new unseal keys',
      lines: '415-416',
      types: 'vault operator rekey -init -key-shares=5 -key-threshold=3',
      expected: 'a rekeying is under way and asks for the existing keys',
      documented: { says: /Started\s+true/ },
      telling: /^(Started|\* |Code)/,
    },
    {
      title: 'Provide the existing keys',
      lines: '418-419',
      // Typed without a prompt, by number, from where a person would read them.
      types: `for n in 1 2 3; do
  vault operator rekey -nonce="$(vault operator rekey -status -format=json | jq -r .nonce)" "$(sed -n \${n}p /drill/keys)"
done`,
      expected: 'five new keys are printed',
      documented: { says: /Key 5/ },
      shows: ['RB-08'],
      telling: /rekeyed with|^\* /,
    },
    {
      title: 'Verify the rekeying',
      lines: '421-422',
      types: 'vault status | grep "Unseal Progress"',
      expected: 'a line that shows the rekeying to be done',
      documented: {},
      shows: ['RB-08'],
    },
  ],
}

/** Three times the command that asks for a key, each answered from the file that was retrieved. */
const THREE_KEYS = [1, 2, 3]
  .map(
    (n) =>
      `script -qec 'stty -echo; vault operator unseal' /dev/null <<< "$(sed -n ${n}p /tmp/unseal-keys.txt)"; echo "ends with $?"`,
  )
  .join('\n')

const NOT_UNSEALED: Pick<TypedStep, 'documented' | 'shows' | 'telling'> = {
  documented: { says: /Sealed\s+false/ },
  shows: ['RB-07', 'HLD-09'],
  telling: /^(\* |Error unsealing|Unseal Progress)/,
}

const seePeersAndStatus = (title: string): TypedStep => ({
  title,
  lines: '404-406',
  types: `vault operator raft list-peers
vault status`,
  expected: 'three peers, and a node that is not sealed',
  documented: { says: /follower[\s\S]*Sealed\s+false/ },
  shows: ['RB-07', 'HLD-09'],
  telling: /^(\* |Code|Sealed)/,
})

/** RB 5.2 on a node that is sealed while its KMS key cannot be used. */
export const manualUnseal: Block = {
  id: 'rb-5.2-manual-unseal',
  title: 'Unsealing by hand without KMS',
  document: 'RB',
  lines: '229-232, 354-407',
  // What an init has left; a secret that an earlier run has put to rights is taken away.
  given: `awk '{ print "Recovery Key " NR ": " $0 }' /drill/keys > /tmp/vault-init-keys.txt
aws secretsmanager delete-secret --secret-id vault-unseal-keys --force-delete-without-recovery >/dev/null 2>&1 || true`,
  steps: [
    {
      title: 'Save the keys of the init, as step 3 of 4.1 does',
      lines: '229-232',
      types: `aws secretsmanager create-secret \\
    --name vault-recovery-keys-$(date +%s) \\
    --secret-string "$(cat /tmp/vault-init-keys.txt)"`,
      expected: 'the keys are kept',
      documented: { says: /"ARN"/ },
    },
    {
      title: 'Retrieve the unseal keys',
      lines: '366-371',
      types: `aws secretsmanager get-secret-value \\
    --secret-id vault-unseal-keys \\
    --query SecretString \\
    --output text > /tmp/unseal-keys.txt`,
      expected: 'the keys are in the file',
      documented: { looks: /^5$/ },
      shows: ['RB-28'],
      telling: /error occurred/,
      lookAfter: 'grep -c . /tmp/unseal-keys.txt',
    },
    {
      title: 'Provide three of five keys',
      lines: '376-387',
      // What the step before would have written, had the two names been one.
      given: 'cp /drill/keys /tmp/unseal-keys.txt',
      types: THREE_KEYS,
      expected: 'the node is unsealed with the third',
      ...NOT_UNSEALED,
    },
    {
      title: 'Verify that it is unsealed',
      lines: '389-391',
      types: 'vault status | grep "Sealed"',
      expected: 'Sealed false',
      documented: { says: /Sealed\s+false/ },
      shows: ['RB-07', 'HLD-09'],
      telling: /^Sealed/,
    },
    seePeersAndStatus('Verify the health of the cluster'),
  ],
}

/** The same on the two others, when all three are sealed. */
export const manualUnsealOfOthers: Block = {
  id: 'rb-5.2-manual-unseal-of-others',
  title: 'Unsealing nodes 2 and 3 by hand without KMS',
  document: 'RB',
  lines: '393-406',
  given: 'cp /drill/keys /tmp/unseal-keys.txt',
  steps: [
    {
      title: 'Provide three of five keys to node 2',
      lines: '393-397',
      types: `export VAULT_ADDR="https://vault-node-2:8200"\n${THREE_KEYS}`,
      expected: 'node 2 is unsealed with the third',
      ...NOT_UNSEALED,
    },
    {
      title: 'Provide three of five keys to node 3',
      lines: '399-402',
      types: `export VAULT_ADDR="https://vault-node-3:8200"\n${THREE_KEYS}`,
      expected: 'node 3 is unsealed with the third',
      ...NOT_UNSEALED,
    },
    seePeersAndStatus('Verify the health of the cluster when each node has its keys'),
  ],
}

export const initUnderKms: Block = {
  id: 'rb-4.1-init-under-awskms',
  title: 'Initialising a node whose seal is awskms',
  document: 'RB',
  lines: '225-237',
  steps: [
    {
      title: 'Initialise the first node',
      lines: '225-227',
      types: 'vault operator init -key-shares=5 -key-threshold=3 > /tmp/vault-init-keys.txt',
      expected: 'five unseal keys and a root token are in the file',
      documented: { looks: /^6$/ },
      shows: ['RB-01'],
      telling: /^(\* |Code)/,
      lookAfter: 'grep -cE "^(Unseal Key|Initial Root Token)" /tmp/vault-init-keys.txt',
    },
  ],
}
