import { AppRole } from '../cluster/app-role.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { all } from '../lib/all.ts'
import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { writeSecret } from '../vault/kv.ts'
import { createToken, writePolicy } from '../vault/setup.ts'
import type { Traffic } from './traffic.ts'

const POLICY = 'drill-load'

/** The tenants of the load and nothing else; without the templates that the design's policy has. */
const RULES = `
path "secret/data/tenants/load-*" { capabilities = ["create", "read", "update", "delete"] }
path "secret/metadata/tenants/" { capabilities = ["list"] }
path "secret/metadata/tenants/load-*" { capabilities = ["read", "list"] }
`

/** So many requests of ours at a time: furnishing must not be a load of its own. */
const AT_ONCE = 8

export type LoadTenants = {
  /** Ids; each has its one credential. */
  readonly ids: readonly string[]
  /** For what is not a tenant's own session. */
  readonly token: Secret
  /** In the order of the ids; none where nobody logs in. */
  readonly roles: readonly AppRole[]
}

/** Gives each tenant the secret that it will read, and a role where it is to log in. */
export async function furnishTenants(
  cluster: Cluster,
  traffic: Traffic,
  signal: AbortSignal,
): Promise<LoadTenants> {
  const root = cluster.viaBalancer()
  const options = { within: seconds(10), signal }
  await writePolicy(root, { name: POLICY, rules: RULES, ...options })
  const token = await createToken(root, { policies: [POLICY], ttl: '24h', ...options })
  const client = root.withToken(token)
  const ids = Array.from({ length: traffic.tenants }, (_, i) => idOf(i))
  // HLD:1031; a tenant's own, so that the reader notices another's (load/calls.ts).
  const dataOf = (id: string) => ({ api_key: 'load-test-key', secret: `load-test-secret-${id}` })
  await inGroups(ids, (id) =>
    writeSecret(client, `tenants/${id}/exchanges/binance/trading`, dataOf(id), options),
  )
  const logsIn = traffic.mix.login !== undefined
  const roles = await inGroups(logsIn ? ids : [], (id) =>
    AppRole.create(root, id, { policies: [POLICY] }),
  )
  return { ids, token, roles }
}

/** Padded, so that a list shows them in the order in which they are served. */
const idOf = (i: number): string => `load-${String(i).padStart(4, '0')}`

/** The first alone: it may set up what the others find. */
async function inGroups<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += at === 0 ? 1 : AT_ONCE) {
    const group = items.slice(at, at + (at === 0 ? 1 : AT_ONCE))
    results.push(...(await all(group.map(act))))
  }
  return results
}
