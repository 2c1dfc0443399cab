import type NodeVault from 'node-vault'
import { milliseconds, seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { happened, until } from '../lib/until.ts'
import type { CallOptions, VaultClient, VaultMethod } from './client.ts'
import { KV_MOUNT } from './kv.ts'

/**
 * One-time set-up of a new cluster: mounts, policies, auth methods, tokens, audit. The verbs are
 * node-vault's; the requests go out through our own client, because node-vault's transport reads
 * proxies, namespaces and `VAULT_SKIP_VERIFY` from the environment, follows redirects and drops
 * headers.
 */

/**
 * Mounts KV version 2 at `secret/` and returns when it takes writes: for a moment after mounting
 * it answers 400 "Upgrading from non-versioned to versioned data".
 * @throws {VaultError} @throws {NeverHappened} after 10 s.
 */
export async function mountKv(
  client: VaultClient,
  { maxVersions, ...options }: CallOptions & { maxVersions: number },
): Promise<void> {
  const api = await verbs(client, options)
  await api.mount({ mount_point: KV_MOUNT, type: 'kv', options: { version: '2' } })
  await until(
    `${KV_MOUNT}/ takes writes`,
    async () => happened(await api.write(`${KV_MOUNT}/config`, { max_versions: maxVersions })),
    { within: seconds(10), every: milliseconds(20), signal: options.signal },
  )
}

/** Creates or replaces a policy. */
export async function writePolicy(
  client: VaultClient,
  { name, rules, ...options }: CallOptions & { name: string; rules: string },
): Promise<void> {
  const api = await verbs(client, options)
  await api.addPolicy({ name, policy: rules })
}

/** Enables an auth method at the path of its own name. */
export async function enableAuth(
  client: VaultClient,
  type: 'approle' | 'userpass',
  options: CallOptions = {},
): Promise<void> {
  const api = await verbs(client, options)
  await api.enableAuth({ mount_point: type, type })
}

/**
 * A token with these policies and not the default one, child of the client's own. The default
 * policy has templates, so a server would parse it again at every request of the probe.
 */
export async function createToken(
  client: VaultClient,
  { policies, ttl, ...options }: CallOptions & { policies: readonly string[]; ttl: string },
): Promise<Secret> {
  const api = await verbs(client, options)
  const { auth } = await api.tokenCreate({ policies, ttl, no_default_policy: true })
  return new Secret(auth.client_token)
}

/**
 * A file audit device, at `file/` unless named, on every node at the same path. OpenBao refuses
 * this call and takes devices from its configuration only.
 * @throws {VaultError} 400 when the file cannot be written on the leader.
 */
export async function enableFileAudit(
  client: VaultClient,
  { name = 'file', file, ...options }: CallOptions & { name?: string; file: string },
): Promise<void> {
  const api = await verbs(client, options)
  await api.enableAudit({ name, type: 'file', options: { file_path: file, mode: '0600' } })
}

/** Paths of the audit devices that are on, such as `file/`. */
export async function auditDevices(
  client: VaultClient,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const api = await verbs(client, options)
  const { data } = await api.audits()
  return Object.keys(data)
}

/** node-vault asks its transport for a function of this shape; see `request-promise` there. */
type Sent = { method: string; path: string; json?: unknown }
type Received = { statusCode: number; body: unknown; request: { path: string } }

async function verbs(client: VaultClient, options: CallOptions): Promise<NodeVault.client> {
  // Loaded when first needed: with axios it takes a while, and most commands set nothing up.
  const { default: nodeVault } = await import('node-vault')
  const send = async ({ method, path, json }: Sent): Promise<Received> => {
    const { body } = await client.request(method as VaultMethod, path.slice(1), {
      ...options,
      ...(typeof json === 'object' ? { body: json } : {}),
    })
    return { statusCode: 200, body, request: { path } }
  }
  return nodeVault({
    endpoint: `https://${client.node}`,
    'request-promise': { defaults: () => send },
    debug: () => {}, // its own would print bodies
  })
}
