import { seconds } from '../lib/duration.ts'
import type { Block } from './block.ts'

/** HLD: the cluster as the design has people build it. */

/** HLD:121-183 of one node, without what is a comment; the seal is put in place by us. */
export const designConfiguration = (
  n: number,
  seal: { readonly keyId: string; readonly endpoint: string },
): string => `
storage "raft" {
  path    = "/vault/data"
  node_id = "vault-${n}"

  retry_join {
    leader_api_addr = "http://vault-1:8200"
  }
  retry_join {
    leader_api_addr = "http://vault-2:8200"
  }
  retry_join {
    leader_api_addr = "http://vault-3:8200"
  }
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_disable   = 1
}

listener "tcp" {
  address       = "0.0.0.0:8201"
  tls_disable   = 1
}

cluster_addr  = "http://vault-${n}:8201"
api_addr      = "http://vault-${n}:8200"

seal "awskms" {
  region     = "us-east-1"
  kms_key_id = "${seal.keyId}"
  endpoint   = "${seal.endpoint}"
}

telemetry {
  prometheus_retention_time = "30s"
  disable_hostname          = true
  unauthenticated_metrics_access = true
}

ui = true
log_level = "info"
log_format = "json"
`

/** Of HLD:185-195: a server on Raft storage does not start without it. */
export const LOCKS_NO_MEMORY = 'disable_mlock = true\n'

/** The init that a KMS seal takes. */
const INIT = `cd /tmp
vault operator init -address="http://localhost:8200" -recovery-shares=5 -recovery-threshold=3 -format=json > .vault-keys.json
export VAULT_TOKEN=$(jq -r .root_token .vault-keys.json)`
const HEALTH_OF_ALL = `for a in http://localhost:8200 http://localhost:8202 http://localhost:8204; do
  curl -s -o /dev/null -w '%{http_code} ' $a/v1/sys/health
done`

export const sealFile: Block = {
  id: 'hld-1-seal-file',
  title: 'The override for development',
  document: 'HLD',
  lines: '185-195',
  given: 'mkdir -p /vault/data',
  files: [
    {
      path: '/vault/config/vault.hcl',
      text: designConfiguration(1, {
        keyId: 'alias/alphapulse-vault-unseal',
        endpoint: 'http://127.0.0.1:4566',
      }).replace(/seal "awskms" \{[^}]*\}/, ''),
    },
    {
      path: '/vault/config/vault-dev-override.hcl',
      text: `disable_mlock = true

seal "file" {
  path = "/vault/unseal-key"
}
`,
    },
  ],
  steps: [
    {
      title: 'Start a server with it',
      lines: '191-194',
      types: 'timeout 15 vault server -config=/vault/config',
      expected: 'the server starts and unseals itself by a key in a file',
      documented: { exit: 124, says: /server started/i },
      shows: ['HLD-02'],
      telling: /wrapper|seal|[Ee]rror/,
      within: seconds(30),
    },
  ],
}

export const initScript: Block = {
  id: 'hld-3-init-script',
  title: 'The script that initialises the cluster',
  document: 'HLD',
  lines: '314-423',
  files: [
    {
      path: '/opt/vault/scripts/init-vault-cluster.sh',
      mode: 0o755,
      text: `#!/bin/bash
set -e

VAULT_ADDR="http://localhost:8200"
VAULT_TOKEN_FILE=".vault-token"
VAULT_KEYS_FILE=".vault-keys.json"

if vault status -address="$VAULT_ADDR" 2>&1 | grep -q "Initialized.*true"; then
  echo "✅ Vault already initialized"
  exit 0
fi

echo "Initializing Vault node 1..."
vault operator init \\
  -address="$VAULT_ADDR" \\
  -key-shares=5 \\
  -key-threshold=3 \\
  -format=json > "$VAULT_KEYS_FILE"

ROOT_TOKEN=$(cat "$VAULT_KEYS_FILE" | jq -r '.root_token')
echo "$ROOT_TOKEN" > "$VAULT_TOKEN_FILE"
chmod 600 "$VAULT_TOKEN_FILE"

if ! vault status -address="$VAULT_ADDR" 2>&1 | grep -q "Sealed.*false"; then
  echo "Unsealing Vault node 1..."
  for i in 0 1 2; do
    KEY=$(cat "$VAULT_KEYS_FILE" | jq -r ".unseal_keys_b64[$i]")
    vault operator unseal -address="$VAULT_ADDR" "$KEY"
  done
fi

export VAULT_TOKEN="$ROOT_TOKEN"

echo "Joining Vault node 2 to cluster..."
vault operator raft join \\
  -address="http://localhost:8202" \\
  -leader-api-addr="$VAULT_ADDR"
`,
    },
  ],
  steps: [
    {
      title: 'Run it',
      lines: '325-378, 1084-1087',
      types: 'cd /tmp && /opt/vault/scripts/init-vault-cluster.sh',
      expected: 'the cluster is initialised, unsealed and joined',
      documented: {},
      shows: ['HLD-06'],
      telling: /^(Code|\* )/,
    },
    {
      title: 'Join node 2, the first node having been initialised by us',
      lines: '370-374',
      given: INIT,
      types: `vault operator raft join \\
  -address="http://localhost:8202" \\
  -leader-api-addr="http://localhost:8200"`,
      expected: 'node 2 joins',
      documented: {},
      shows: ['HLD-06'],
      telling: /flag/,
    },
    {
      title: 'See three peers',
      lines: '153-157, 413, 1129',
      // Longer than retry_join takes on a cluster that is well, which is below 10 s.
      given: 'sleep 20',
      types: 'vault operator raft list-peers -address="http://localhost:8200" | sort',
      expected: 'a leader and two followers',
      documented: { says: /follower[\s\S]*follower/, looks: /^200 429 429$/ },
      shows: ['HLD-01'],
      telling: /^vault-/,
      lookAfter: HEALTH_OF_ALL,
      within: seconds(90),
    },
    {
      title: 'Scrape the metrics without a token',
      lines: '174, 782-783',
      types: `curl -s -o /dev/null -w '%{http_code}' http://localhost:8200/v1/sys/metrics?format=prometheus`,
      expected: 'the metrics, as access without authentication is allowed',
      documented: { says: /^200$/ },
      shows: ['HLD-03'],
    },
  ],
}

/**
 * The same without what HLD:153-157 has, so that nothing else is to blame, and with the metrics
 * where access without a token is allowed: in the listener.
 */
export const oneListenerConfiguration: typeof designConfiguration = (n, seal) =>
  designConfiguration(n, seal)
    .replace(/listener "tcp" \{\n {2}address {7}= "0\.0\.0\.0:8201"[^}]*\}/, '')
    .replace(
      /(0\.0\.0\.0:8200"\n.*)\n/,
      '$1\n  telemetry {\n    unauthenticated_metrics_access = true\n  }\n',
    )

const SEAL_SERIES = `curl -s http://localhost:8200/v1/sys/metrics?format=prometheus | grep -c '^vault_core_unsealed'`

export const oneListener: Block = {
  id: 'hld-1-one-listener',
  title: 'The configuration of the design with its first listener alone',
  document: 'HLD',
  lines: '121-183',
  steps: [
    {
      title: 'See three peers, the first node having been initialised by us',
      lines: '141-151, 413, 1129',
      given: `${INIT}; sleep 20`,
      types: 'vault operator raft list-peers -address="http://localhost:8200" | sort',
      expected: 'a leader and two followers, unsealed',
      documented: { says: /follower[\s\S]*follower/, looks: /^200 429 429$/ },
      confirms: true,
      telling: /^vault-/,
      lookAfter: HEALTH_OF_ALL,
      within: seconds(90),
    },
    {
      title: 'Look for the seal among the metrics of a server that was sealed just now',
      lines: '172',
      given: 'vault operator seal -address=http://localhost:8200',
      types: SEAL_SERIES,
      expected: 'the series that tells whether the server is sealed',
      documented: { says: /^[1-9]/ },
      confirms: true,
    },
    {
      title: 'Look for it 45 s later, when the alert of a minute should be about to fire',
      lines: '172, 813-817',
      given: 'sleep 45',
      types: SEAL_SERIES,
      expected: 'the series that tells whether the server is sealed',
      documented: { says: /^[1-9]/ },
      shows: ['HLD-04'],
      within: seconds(90),
    },
  ],
}
