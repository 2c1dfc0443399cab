import type { CallOptions, VaultClient } from './client.ts'

/** Secrets with versions: the KV engine, version 2, at its one mount of this stack (HLD:383-391). */

export const KV_MOUNT = 'secret'

export type SecretData = Readonly<Record<string, unknown>>

export type SecretRead =
  | {
      readonly state: 'present'
      readonly data: SecretData
      readonly version: number
      readonly createdAt: string
    }
  /** A version that existed: hidden (`undeleteSecret` shows it again) or its data gone. */
  | {
      readonly state: 'soft-deleted' | 'destroyed'
      readonly version: number
      readonly createdAt: string
    }
  /** Never written, or purged. */
  | { readonly state: 'absent' }

export type SecretMetadata = {
  readonly currentVersion: number
  readonly maxVersions: number
  readonly versions: readonly {
    readonly version: number
    readonly createdAt: string
    readonly state: 'present' | 'soft-deleted' | 'destroyed'
  }[]
}

/**
 * Writes a new version and gives its number. `cas: 0` means "only if the path has no version",
 * which makes a repeated request visible instead of harmless.
 * @throws {VaultError} 400 `check-and-set parameter did not match the current version`.
 */
export async function writeSecret(
  client: VaultClient,
  path: string,
  data: SecretData,
  { cas, ...options }: CallOptions & { cas?: number } = {},
): Promise<{ readonly version: number }> {
  const { body } = await client.request<{ data: { version: number } }>(
    'POST',
    `${KV_MOUNT}/data/${path}`,
    {
      ...options,
      body: { data, ...(cas === undefined ? {} : { options: { cas } }) },
    },
  )
  return { version: body.data.version }
}

/**
 * The newest version, or the one asked for.
 * @throws {VaultError} also on a 404 that says nothing about the secret, such as a path under
 *   which nothing is mounted (yet): that is not absence.
 */
export async function readSecret(
  client: VaultClient,
  path: string,
  { version, ...options }: CallOptions & { version?: number } = {},
): Promise<SecretRead> {
  const { body } = await client.request<ReadBody>('GET', `${KV_MOUNT}/data/${path}`, {
    ...options,
    ...(version === undefined ? {} : { query: { version } }),
    accept: (status, body) => status === 404 && (saysAbsent(body) || hasMetadata(body)),
  })
  if (!hasMetadata(body)) return { state: 'absent' }
  const { data, metadata } = body.data
  const about = { version: metadata.version, createdAt: metadata.created_time }
  return data == null
    ? { state: metadata.destroyed ? 'destroyed' : 'soft-deleted', ...about }
    : { state: 'present', data, ...about }
}

/** Hides the newest version. */
export async function softDeleteSecret(
  client: VaultClient,
  path: string,
  options: CallOptions = {},
): Promise<void> {
  await client.request('DELETE', `${KV_MOUNT}/data/${path}`, options)
}

export async function undeleteSecret(
  client: VaultClient,
  path: string,
  { versions, ...options }: CallOptions & { versions: readonly number[] },
): Promise<void> {
  await client.request('POST', `${KV_MOUNT}/undelete/${path}`, { ...options, body: { versions } })
}

/** Removes the data of these versions for good; their metadata stays. */
export async function destroySecret(
  client: VaultClient,
  path: string,
  { versions, ...options }: CallOptions & { versions: readonly number[] },
): Promise<void> {
  await client.request('PUT', `${KV_MOUNT}/destroy/${path}`, { ...options, body: { versions } })
}

/** Removes all versions and the metadata, without trace and without a way back. */
export async function purgeSecret(
  client: VaultClient,
  path: string,
  options: CallOptions = {},
): Promise<void> {
  await client.request('DELETE', `${KV_MOUNT}/metadata/${path}`, options)
}

/** Names below a path; those that end in `/` have more below them. */
export async function listSecrets(
  client: VaultClient,
  path: string,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const { body } = await client.request<{ data?: { keys: readonly string[] } }>(
    'GET',
    `${KV_MOUNT}/metadata/${path}`,
    {
      ...options,
      query: { list: true },
      accept: (status, body) => status === 404 && saysAbsent(body),
    },
  )
  return body.data?.keys ?? []
}

/** What is known about all versions; `undefined` when the path was never written, or purged. */
export async function readSecretMetadata(
  client: VaultClient,
  path: string,
  options: CallOptions = {},
): Promise<SecretMetadata | undefined> {
  const { body } = await client.request<{ data?: MetadataBody }>(
    'GET',
    `${KV_MOUNT}/metadata/${path}`,
    { ...options, accept: (status, body) => status === 404 && saysAbsent(body) },
  )
  if (body.data === undefined) return undefined
  return {
    currentVersion: body.data.current_version ?? 0,
    maxVersions: body.data.max_versions ?? 0,
    versions: Object.entries(body.data.versions ?? {}).map(([number, version]) => ({
      version: Number(number),
      createdAt: version.created_time,
      state: stateOf(version),
    })),
  }
}

type VersionBody = {
  readonly created_time: string
  /** Empty unless soft-deleted; may lie in the future where versions expire. */
  readonly deletion_time?: string
  readonly destroyed?: boolean
}

type ReadBody = {
  readonly data: {
    readonly data: SecretData | null
    readonly metadata: VersionBody & { readonly version: number }
  }
}

type MetadataBody = {
  readonly current_version?: number
  readonly max_versions?: number
  readonly versions?: Readonly<Record<string, VersionBody>>
}

const stateOf = ({
  destroyed,
  deletion_time,
}: VersionBody): SecretMetadata['versions'][number]['state'] =>
  destroyed ? 'destroyed' : deletion_time ? 'soft-deleted' : 'present'

/** Vault's "there is nothing here": an empty list of errors, unlike a path that has no handler. */
const saysAbsent = (body: unknown): boolean => {
  const { errors } = (body ?? {}) as { errors?: unknown }
  return Array.isArray(errors) && errors.length === 0
}

const hasMetadata = (body: unknown): body is ReadBody =>
  (body as Partial<ReadBody> | undefined)?.data?.metadata !== undefined
