import type { Block } from './block.ts'

/** What the documents have people look at on a cluster that is well. */

export const healthEndpoint: Block = {
  id: 'rb-7.2-health',
  title: 'The health endpoint',
  document: 'RB',
  lines: '568-585',
  steps: [
    {
      title: 'Ask the balancer for the health',
      lines: '571-572',
      types: 'curl -s https://vault.alphapulse.io:8200/v1/sys/health | jq',
      expected: 'initialized, not sealed, no standby, and six more fields',
      documented: { says: /"initialized": true[\s\S]*"sealed": false/ },
    },
  ],
}

export const healthScript: Block = {
  id: 'hld-4-health-script',
  title: "The design's health check of a cluster that is well",
  document: 'HLD',
  lines: '425-490',
  given: 'export VAULT_TOKEN=$(cat /drill/token)',
  files: [
    {
      path: '/opt/vault/scripts/vault-health-check.sh',
      mode: 0o755,
      text: `#!/bin/bash
set -e

VAULT_NODES=(
  "http://localhost:8200"
  "http://localhost:8202"
  "http://localhost:8204"
)

ALL_HEALTHY=true

for ADDR in "\${VAULT_NODES[@]}"; do
  echo "Checking $ADDR..."

  if ! curl -s -f "$ADDR/v1/sys/health" > /dev/null; then
    echo "❌ Node unreachable: $ADDR"
    ALL_HEALTHY=false
    continue
  fi

  STATUS=$(vault status -address="$ADDR" -format=json 2>/dev/null || echo "{}")

  INITIALIZED=$(echo "$STATUS" | jq -r '.initialized // false')
  SEALED=$(echo "$STATUS" | jq -r '.sealed // true')
  HA_ENABLED=$(echo "$STATUS" | jq -r '.ha_enabled // false')
  IS_LEADER=$(echo "$STATUS" | jq -r '.is_self // false')

  if [ "$INITIALIZED" = "true" ] && [ "$SEALED" = "false" ]; then
    ROLE=$([ "$IS_LEADER" = "true" ] && echo "LEADER" || echo "FOLLOWER")
    echo "✅ Node healthy: $ADDR ($ROLE)"
  else
    echo "❌ Node unhealthy: $ADDR (Initialized: $INITIALIZED, Sealed: $SEALED)"
    ALL_HEALTHY=false
  fi
done

if [ "$ALL_HEALTHY" = "true" ]; then
  echo "✅ All nodes healthy"
  exit 0
else
  echo "❌ Some nodes unhealthy"
  exit 1
fi
`,
    },
  ],
  steps: [
    {
      title: 'Run the script',
      lines: '430-489, 1089-1092',
      types: '/opt/vault/scripts/vault-health-check.sh',
      expected: 'three nodes are healthy, one of them the leader',
      documented: { says: /All nodes healthy/ },
      shows: ['HLD-07'],
      // Which of the three leads differs from run to run; how many are what does not.
      telling: /^❌ Some/,
      lookAfter: `/opt/vault/scripts/vault-health-check.sh | sed -nE 's/^❌ Node ([a-z]+):.*/\\1/p' | sort | uniq -c | sed 's/^ *//' | paste -sd,`,
    },
  ],
}

export const dataLayout: Block = {
  id: 'rb-hld-data-layout',
  title: 'The layout of credentials in both documents',
  document: 'HLD',
  lines: '618-639',
  given: 'export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)',
  steps: [
    {
      title: 'Write a credential where the design has it',
      lines: '622-638',
      types: `vault kv put secret/tenants/00000000-0000-0000-0000-000000000001/exchanges/binance/trading \\
    api_key="abcd1234..." secret="xyz789..." passphrase="optional-for-some-exchanges"`,
      expected: 'it is stored',
      documented: {},
    },
    {
      title: 'Read it where the runbook has it (RB:271, 535)',
      lines: '622-624',
      types: 'vault kv get secret/tenants/00000000-0000-0000-0000-000000000001/binance/api_key',
      expected: 'the credential',
      documented: { says: /api_key/ },
      shows: ['RB-19'],
    },
    {
      title: 'Read the field that the runbook has for the secret (RB:540)',
      lines: '626-631',
      types:
        'vault kv get -field=api_secret secret/tenants/00000000-0000-0000-0000-000000000001/exchanges/binance/trading',
      expected: 'the secret of the credential',
      documented: { says: /xyz789/ },
      shows: ['RB-19'],
    },
  ],
}

export const designBackup: Block = {
  id: 'hld-backup-strategy',
  title: "The design's backups",
  document: 'HLD',
  lines: '843-858',
  given: 'export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)',
  steps: [
    {
      title: 'Take a snapshot by hand',
      lines: '847-848',
      types: 'cd /tmp && vault operator raft snapshot save backup.snap',
      expected: 'a file is written',
      documented: { looks: /SHA256SUMS\.sealed/ },
      lookAfter: 'tar tzf /tmp/backup.snap | sort | paste -sd" "',
    },
    {
      title: 'The cron job of every day',
      lines: '850-851',
      types:
        'mkdir -p /backups; vault operator raft snapshot save /backups/vault-$(date +\\%Y\\%m\\%d).snap',
      expected: 'a file of the day is written',
      documented: {},
      lookAfter: 'ls /backups | grep -c .',
    },
  ],
}
