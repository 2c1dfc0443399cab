import type { Secret } from '../lib/secret.ts'
import type { CallOptions, VaultClient } from './client.ts'

export type SealStatus = {
  /** `awskms`, `shamir`, `transit`, …: what would unseal this node. */
  readonly type: string
  readonly initialized: boolean
  readonly sealed: boolean
  readonly version: string
  readonly storageType: string
  /** Of the key shares: of the recovery keys under an auto seal. */
  readonly threshold: number
  readonly shares: number
  /** Key shares given so far in an unseal that is not complete. */
  readonly progress: number
}

/** `GET sys/seal-status`, which needs no token and works on a sealed node. */
export async function sealStatus(
  client: VaultClient,
  options: CallOptions = {},
): Promise<SealStatus> {
  const { body } = await client.request<SealBody>('GET', 'sys/seal-status', options)
  return sealStatusOf(body)
}

/**
 * `PUT sys/seal`. A standby of Vault refuses, one of OpenBao seals itself (2.6.2). Under an auto
 * seal the node then stays sealed until it is restarted or gets a recovery key.
 * @throws {VaultError}
 */
export async function seal(client: VaultClient, options: CallOptions = {}): Promise<void> {
  await client.request('PUT', 'sys/seal', options)
}

/**
 * `PUT sys/unseal` with one key share. Recovery keys do not unseal without the KMS, whatever
 * the runbook says (RB:354-402): 400, `failed to decrypt encrypted stored keys` (OpenBao 2.6.2).
 * @throws {VaultError} 400 or 500 when the key does not open this node.
 */
export async function unseal(
  client: VaultClient,
  key: Secret,
  { migrate = false, ...options }: CallOptions & { migrate?: boolean } = {},
): Promise<SealStatus> {
  const { body } = await client.request<SealBody>('PUT', 'sys/unseal', {
    ...options,
    body: { key, migrate },
  })
  return sealStatusOf(body)
}

/** Forgets the shares that were given so far; twice is harmless. */
export async function resetUnseal(client: VaultClient, options: CallOptions = {}): Promise<void> {
  await client.request('PUT', 'sys/unseal', { ...options, body: { reset: true } })
}

/** OpenBao leaves out what is false, zero or empty. */
type SealBody = {
  readonly type: string
  readonly initialized?: boolean
  readonly sealed?: boolean
  readonly version?: string
  readonly storage_type?: string
  readonly t?: number
  readonly n?: number
  readonly progress?: number
}

const sealStatusOf = (body: SealBody): SealStatus => ({
  type: body.type,
  initialized: body.initialized ?? false,
  sealed: body.sealed ?? false,
  version: body.version ?? '',
  storageType: body.storage_type ?? '',
  threshold: body.t ?? 0,
  shares: body.n ?? 0,
  progress: body.progress ?? 0,
})
