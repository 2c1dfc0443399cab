import { type Field, fieldsOf } from './protobuf.ts'
import type { StorageEntry } from './snapshot-state.ts'

/** What a snapshot tells about its seal without being unsealed. */
export type SnapshotSeal = {
  /** `awskms`, `shamir`, `transit`, …: what has to open a cluster that gets this snapshot. */
  readonly type: string
  /** Of the unseal keys; an auto seal has one of one. */
  readonly shares: number
  readonly threshold: number
  /** Of the recovery keys; `null` without an auto seal. */
  readonly recovery: { readonly shares: number; readonly threshold: number } | null
  /** Keys of the KMS that the stored unseal keys are encrypted with: without them no restore. */
  readonly keyIds: readonly string[]
  /** Keys of the KMS that sealed the sums: a restore without force needs them too. */
  readonly sumsKeyIds: readonly string[]
}

const CONFIG = 'core/seal-config'
const RECOVERY = 'core/recovery-config'
const STORED_KEYS = 'core/hsm/barrier-unseal-keys'

/** Collects the entries that tell about the seal, which the barrier does not encrypt. */
export class SealSigns {
  #config: ShareConfig | undefined
  #recovery: ShareConfig | undefined
  #keyIds: readonly string[] = []

  take({ key, value }: StorageEntry): void {
    if (key === CONFIG) this.#config = configIn(value)
    else if (key === RECOVERY) this.#recovery = configIn(value)
    else if (key === STORED_KEYS) this.#keyIds = keyIdsIn(value) ?? []
  }

  /** @returns `null` where the state has no seal's configuration that can be read */
  told(sealedSums: Buffer | undefined): SnapshotSeal | null {
    if (this.#config === undefined) return null
    const { type, shares, threshold } = this.#config
    const recovery = this.#recovery
    return {
      type,
      shares,
      threshold,
      recovery:
        recovery === undefined ? null : { shares: recovery.shares, threshold: recovery.threshold },
      keyIds: this.#keyIds,
      sumsKeyIds: (sealedSums === undefined ? undefined : keyIdsIn(sealedSums)) ?? [],
    }
  }
}

type ShareConfig = { readonly type: string; readonly shares: number; readonly threshold: number }

function configIn(value: Buffer): ShareConfig | undefined {
  try {
    const { type, secret_shares: shares, secret_threshold: threshold } = JSON.parse(String(value))
    if (typeof type !== 'string') return undefined
    return { type, shares: Number(shares ?? 0), threshold: Number(threshold ?? 0) }
  } catch {
    return undefined // such a state has no seal that can be told, and that is a finding
  }
}

/** Before a value that more than one seal has wrapped (Vault >= 1.15), and its length after it. */
const MANY = Buffer.from('multiwrapvalue:1')
const MANY_LENGTH = 4

/**
 * Names of the keys with which a seal has encrypted: go-kms-wrapping's `BlobInfo`, or several of
 * them in Vault's `MultiWrapValue`.
 * @returns `undefined` where the bytes are neither
 */
export function keyIdsIn(sealed: Buffer): readonly string[] | undefined {
  if (!sealed.subarray(0, MANY.length).equals(MANY)) return keyIdOf(sealed)
  const wrapped = fieldsOf(sealed.subarray(MANY.length + MANY_LENGTH))
  if (wrapped === undefined) return undefined
  return bytesIn(wrapped, MULTI_WRAP_VALUE.slot).flatMap((slot) => keyIdOf(slot) ?? [])
}

const MULTI_WRAP_VALUE = { slot: 2 }
const BLOB_INFO = { ciphertext: 1, keyInfo: 5 }
const KEY_INFO = { keyId: 3 }

function keyIdOf(blob: Buffer): readonly string[] | undefined {
  const fields = fieldsOf(blob)
  if (fields === undefined || bytesIn(fields, BLOB_INFO.ciphertext).length === 0) return undefined
  return bytesIn(fields, BLOB_INFO.keyInfo)
    .flatMap((info) => bytesIn(fieldsOf(info) ?? [], KEY_INFO.keyId))
    .map(String)
    .filter((id) => id !== '')
}

const bytesIn = (fields: readonly Field[], wanted: number): readonly Buffer[] =>
  fields.flatMap(({ field, value }) =>
    field === wanted && typeof value !== 'number' ? [value] : [],
  )
