import type { Block, DocumentFile } from './block.ts'

/** HLD 5 and its tests: the application's client in Python, without its docstrings and log lines. */

const PACKAGE = '/opt/alpha/alpha_pulse'

const CLIENT: DocumentFile = {
  path: `${PACKAGE}/vault/client.py`,
  text: `import os
import hvac


class VaultClient:
    def __init__(self, url=None, token=None, verify=True, namespace=None):
        self.url = url or os.getenv("VAULT_ADDR", "http://localhost:8200")
        self.token = token or os.getenv("VAULT_TOKEN")
        self.namespace = namespace

        if not self.token:
            raise ValueError("Vault token required (set VAULT_TOKEN env var)")

        self.client = hvac.Client(
            url=self.url, token=self.token, verify=verify, namespace=self.namespace
        )

        if not self.client.is_authenticated():
            raise ValueError("Vault authentication failed (invalid token)")

    def read_secret(self, path):
        try:
            response = self.client.secrets.kv.v2.read_secret_version(
                path=path, mount_point="secret"
            )
            return response["data"]["data"]
        except hvac.exceptions.InvalidPath:
            return None

    def write_secret(self, path, data):
        self.client.secrets.kv.v2.create_or_update_secret(
            path=path, secret=data, mount_point="secret"
        )

    def delete_secret(self, path):
        self.client.secrets.kv.v2.delete_metadata_and_all_versions(
            path=path, mount_point="secret"
        )

    def health_check(self):
        try:
            health = self.client.sys.read_health_status(method="GET")
            return {
                "initialized": health.get("initialized", False),
                "sealed": health.get("sealed", True),
                "standby": health.get("standby", False),
            }
        except Exception:
            return {"initialized": False, "sealed": True, "standby": False}
`,
}

const INTEGRATION_TEST: DocumentFile = {
  path: `${PACKAGE}/tests/vault/test_vault_integration.py`,
  text: `import pytest
from alpha_pulse.vault.client import VaultClient


class TestVaultIntegration:
    @pytest.fixture
    def vault_client(self):
        return VaultClient(
            url="http://localhost:8200",
            token=os.getenv("VAULT_DEV_ROOT_TOKEN_ID"),
        )

    def test_health_check(self, vault_client):
        health = vault_client.health_check()
        assert health["initialized"] is True
        assert health["sealed"] is False
`,
}

/** A program of ours that asks the document's client something. */
const ask = (lines: string): string => `cd /opt/alpha && python3 - <<'EOF'
import os
from alpha_pulse.vault.client import VaultClient
${lines}
EOF`

export const client: Block = {
  id: 'hld-5-client',
  title: "The application's client",
  document: 'HLD',
  lines: '492-616, 942-986',
  given: `export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)
touch ${PACKAGE}/__init__.py ${PACKAGE}/vault/__init__.py`,
  files: [CLIENT, INTEGRATION_TEST],
  steps: [
    {
      title: 'Write and read a secret',
      lines: '497-580, 967-973',
      types: ask(`client = VaultClient()
client.write_secret("tenants/test-tenant/exchanges/binance", {"api_key": "test-key", "secret": "test-secret"})
print(client.read_secret("tenants/test-tenant/exchanges/binance"))`),
      expected: 'what was written is read',
      documented: { says: /'api_key': 'test-key'/ },
    },
    {
      title: 'Delete it',
      lines: '582-596',
      types: ask(`client = VaultClient()
client.delete_secret("tenants/test-tenant/exchanges/binance")
print(client.read_secret("tenants/test-tenant/exchanges/binance"))`),
      expected: 'it reads as none, and can be undeleted like any deletion of KV version 2',
      documented: { says: /None/, looks: /test-key/ },
      shows: ['HLD-12'],
      lookAfter: `vault kv undelete -versions=1 secret/tenants/test-tenant/exchanges/binance >/dev/null 2>&1
vault kv get secret/tenants/test-tenant/exchanges/binance 2>&1`,
    },
    {
      title: 'Ask a standby for its health',
      lines: '598-615',
      at: 'standby',
      types: ask('print(VaultClient().health_check())'),
      expected: 'initialised, not sealed, standby',
      documented: { says: /'initialized': True, 'sealed': False, 'standby': True/ },
      shows: ['HLD-14'],
    },
    {
      title: 'Run the integration tests',
      lines: '946-985',
      types:
        'cd /opt/alpha && python3 -m pytest -q alpha_pulse/tests/vault/test_vault_integration.py',
      expected: 'they pass',
      documented: {},
      shows: ['HLD-15'],
      telling: /^E +NameError|^ERROR|^FAILED/,
    },
  ],
}
