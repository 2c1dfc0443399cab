import { seconds } from '../lib/duration.ts'
import type { Block } from './block.ts'
import { DOWNLOAD, KEYS, NODE_1 } from './restore-blocks.ts'

/**
 * RB 4.1 at the balancer: the only address that the runbook has given its operator by then
 * (RB:166), and one that leads to the new cluster no earlier than step 9.
 */

const CREDENTIAL = 'secret/tenants/00000000-0000-0000-0000-000000000001/binance/api_key'
const AS_PRODUCTION = 'VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)'
const NEW_TOKEN = '"<root-token-from-init>"'
const ORIGINAL_TOKEN = '"<your-token>"'

/**
 * Which cluster's data there is at node 1 is told by the tokens that it knows. A cluster that
 * restores leaves requests unanswered, so none may wait long.
 */
const ASK = `
production() {
  ${AS_PRODUCTION} VAULT_MAX_RETRIES=0 VAULT_CLIENT_TIMEOUT=5s \\
    vault kv get -field=api_key ${CREDENTIAL} 2>&1 | tail -1
}
token_at_node_1() {
  VAULT_ADDR=${NODE_1} VAULT_TOKEN=$1 VAULT_CLIENT_TIMEOUT=5s vault token lookup 2>&1 |
    sed -nE 's/^policies .*/known/p; s/^Code: ([0-9]+).*/\\1/p'
}
node_1() {
  echo "node 1 answers the new token $(token_at_node_1 ${NEW_TOKEN}), the original $(token_at_node_1 ${ORIGINAL_TOKEN})"
}
wait_for() { until [ "$($1 "$2")" = "$3" ] || [ $SECONDS -gt 60 ]; do sleep 1; done; }
`
const LOOK_AT_BOTH = 'echo "production has api_key=$(production); $(node_1)"'
const RESTORED = /node 1 answers the new token 403, the original known/

const AT_BALANCER = 'export VAULT_ADDR="https://vault.alphapulse.io:8200"'
const RESTORE = 'vault operator raft snapshot restore -force /tmp/vault-restore.snap'

const step = {
  lines: '166, 239-241',
  expected: 'node 1 serves the data of the backup',
  documented: { looks: RESTORED },
  shows: ['RB-25'],
  telling: /^(\* |Code|Error)/,
  within: seconds(90),
} as const

/** The cluster that is given up, or another one, still answers behind the balancer. */
export const restoreRefused: Block = {
  id: 'rb-4.1-restore-refused',
  title: 'The restore at the balancer, with the token of the new init',
  document: 'RB',
  lines: '205-241',
  steps: [
    DOWNLOAD,
    {
      ...step,
      title: 'Step 4 at the balancer, a cluster behind it, with the token of the new init',
      // Another value than that of the backup, and a first node that is initialised.
      given: `${AS_PRODUCTION} vault kv put ${CREDENTIAL} api_key=after-the-backup &&
VAULT_ADDR=${NODE_1} vault operator init -recovery-shares=5 -recovery-threshold=3 > ${KEYS} &&
curl -sf --retry 30 --retry-delay 1 --retry-all-errors -o /dev/null ${NODE_1}/v1/sys/health`,
      types: `${AT_BALANCER}
export VAULT_TOKEN=${NEW_TOKEN}
${RESTORE}`,
      lookAfter: `${ASK}${LOOK_AT_BOTH}`,
    },
  ],
}

/** The 403 overcome as it suggests itself: by a token that is known there. */
export const productionOverwritten: Block = {
  id: 'rb-4.1-production-overwritten',
  title: 'The restore at the balancer, with the token that is known there',
  document: 'RB',
  lines: '205-241',
  steps: [
    {
      ...step,
      title: 'Step 4 at the balancer, a cluster behind it, with the token that is known there',
      lines: '166-167, 241',
      types: `${AT_BALANCER}
export VAULT_TOKEN=${ORIGINAL_TOKEN}
${RESTORE}`,
      lookAfter: `${ASK}wait_for production '' before-the-loss
${LOOK_AT_BOTH}`,
    },
  ],
}

/** All of them lost, as RB:207 has it. */
export const nobodyBehindBalancer: Block = {
  id: 'rb-4.1-nobody-behind-balancer',
  title: 'The restore at the balancer with nobody behind it, and at node 1',
  document: 'RB',
  lines: '205-241',
  steps: [
    {
      ...step,
      title: 'Step 4 at the balancer, nobody behind it',
      types: `${AT_BALANCER}
export VAULT_TOKEN=${NEW_TOKEN}
${RESTORE}`,
      lookAfter: `${ASK}node_1`,
    },
    {
      title: 'Step 4 at the address of node 1',
      lines: '239-241',
      at: NODE_1,
      types: `export VAULT_TOKEN=${NEW_TOKEN}
${RESTORE}`,
      expected: 'node 1 serves the data of the backup',
      documented: { looks: RESTORED },
      // The file is good and the command too: what went wrong before is the address.
      confirms: true,
      telling: /^(\* |Code|Error)/,
      lookAfter: `${ASK}wait_for token_at_node_1 ${ORIGINAL_TOKEN} known
node_1`,
      within: seconds(90),
    },
  ],
}
