import { createHash } from 'node:crypto'
import type { VaultClient } from '../vault/client.ts'
import { listSecrets, readSecret, readSecretMetadata, type SecretData } from '../vault/kv.ts'

/** What a restored server has of the secrets, beside those of the cluster that goes on. */
export type Comparison = {
  readonly same: number
  /** In the backup, and deleted in the cluster since. */
  readonly deletedSince: number
  /** Paths: the same version has another content. */
  readonly different: readonly string[]
  /** Paths: written in the cluster before the snapshot was asked for, and not in it. */
  readonly missing: readonly string[]
  /** Paths: in the backup, and written after its last byte had come. */
  readonly unexpected: readonly string[]
}

export type Compared = {
  /** Folder below the mount, such as `tenants`. */
  readonly under: string
  /** When the snapshot was asked for, and when it was there; its instant lies between them. */
  readonly fromMs: number
  readonly toMs: number
}

/** Requests at once: enough for some thousand secrets, and no load for the cluster. */
const AT_ONCE = 8

/**
 * Compares version by version, because the cluster goes on: a secret that was changed since has
 * the old version still. Values are compared by their hashes.
 */
export async function compareSecrets(
  restored: VaultClient,
  cluster: VaultClient,
  { under, fromMs, toMs }: Compared,
  signal: AbortSignal,
): Promise<Comparison> {
  const found = { same: 0, deletedSince: 0 }
  const different: string[] = []
  const missing: string[] = []
  const unexpected: string[] = []
  const kept = await pathsBelow(restored, under, signal)
  await forEach([...kept], async (path) => {
    const then = await readSecret(restored, path, { signal })
    if (then.state !== 'present') return
    if (Date.parse(then.createdAt) > toMs) unexpected.push(path)
    const now = await readSecret(cluster, path, { version: then.version, signal })
    if (now.state !== 'present') found.deletedSince++
    else if (contentHash(now.data) === contentHash(then.data)) found.same++
    else different.push(path)
  })
  const others = [...(await pathsBelow(cluster, under, signal))].filter((path) => !kept.has(path))
  await forEach(others, async (path) => {
    const { versions = [] } = (await readSecretMetadata(cluster, path, { signal })) ?? {}
    if (versions.some(({ createdAt }) => Date.parse(createdAt) < fromMs)) missing.push(path)
  })
  return { ...found, different, missing, unexpected }
}

/** Paths of all secrets below a folder, however deep. */
export async function pathsBelow(
  client: VaultClient,
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const name of await listSecrets(client, folder, { signal })) {
    const path = `${folder}/${name}`
    if (!name.endsWith('/')) found.add(path)
    else for (const each of await pathsBelow(client, path.slice(0, -1), signal)) found.add(each)
  }
  return found
}

async function forEach(paths: readonly string[], act: (path: string) => Promise<void>) {
  const left = paths.values()
  const work = async () => {
    for (const path of left) await act(path)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** The order of the fields is the server's, and may be another after a restore. */
export function contentHash(data: SecretData): string {
  const fields = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}
