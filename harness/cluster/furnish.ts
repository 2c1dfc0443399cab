import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { type Product, products } from '../vault/product.ts'
import { createToken, enableFileAudit, mountKv, writePolicy } from '../vault/setup.ts'
import { TENANT_POLICY, TENANT_POLICY_NAME } from '../vault/tenant-policy.ts'
import { auditFilesOf } from './disks.ts'
import type { ClusterNeeds } from './needs.ts'

/** Where the numbered writes, the canaries and the registers live; nothing else writes there. */
export const LEDGER_ROOT = 'rpo'

const PROBE_POLICY = `
path "secret/data/${LEDGER_ROOT}/*" { capabilities = ["create", "read", "update", "delete"] }
path "secret/metadata/${LEDGER_ROOT}/*" { capabilities = ["read"] }
`

/**
 * Twice the writes that a register gets, and more: each of them could be applied twice, and the
 * read-out proves nothing about versions that the server has dropped.
 */
const MAX_VERSIONS = 250

/** What the init script of the design sets up (HLD:371-404), and what the probe needs. */
export async function furnish(
  root: VaultClient,
  product: Product,
  needs: ClusterNeeds,
  signal: AbortSignal,
): Promise<{ probe: Secret }> {
  const options = { within: seconds(10), signal }
  if (products[product].auditBy === 'api') {
    for (const [name, file] of Object.entries(auditFilesOf(needs))) {
      await enableFileAudit(root, { name, file, ...options })
    }
  }
  await mountKv(root, { maxVersions: MAX_VERSIONS, ...options })
  await writePolicy(root, { name: TENANT_POLICY_NAME, rules: TENANT_POLICY, ...options })
  await writePolicy(root, { name: 'drill-probe', rules: PROBE_POLICY, ...options })
  return { probe: await createToken(root, { policies: ['drill-probe'], ttl: '24h', ...options }) }
}
