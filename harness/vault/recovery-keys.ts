import { Secret } from '../lib/secret.ts'
import type { CallOptions, VaultClient } from './client.ts'
import { VaultError } from './error.ts'

/**
 * Rotation of the recovery keys, which RB:416 means and does not do: `rekey -init` without a
 * target is about the root key. With verification the former shares stay in force until enough
 * of the new ones were given back, so whatever is lost on the way is lost without harm.
 *
 * Every function takes the path of the product, `recoveryKeysPath` in `product.ts`; with its
 * `unsealKeysPath` the same is done to the shares of Shamir's seal.
 */

type At = CallOptions & { readonly path: string }

export type KeyRotation = {
  readonly isStarted: boolean
  /** Names the rotation that is under way; empty without one. */
  readonly nonce: string
  /** Of the present shares: how many it takes, and how many it has been given. */
  readonly required: number
  readonly progress: number
  /** The new shares are made and wait to be given back. */
  readonly awaitsVerification: boolean
}

export type NewShares = {
  readonly shares: readonly Secret[]
  /** Names the verification; it changes when wrong shares were given. */
  readonly verification: string
}

/** `GET …/init`. */
export async function keyRotation(
  client: VaultClient,
  { path, ...options }: At,
): Promise<KeyRotation> {
  const { body } = await client.request<Wrapped<StatusBody>>('GET', `${path}/init`, options)
  const { started, nonce, required, progress, verification_nonce } = unwrapped(body)
  return {
    isStarted: started ?? false,
    nonce: nonce ?? '',
    required: required ?? 0,
    progress: progress ?? 0,
    awaitsVerification: (verification_nonce ?? '') !== '',
  }
}

/**
 * Begins a rotation whose new shares have to be verified. Gives its nonce.
 * @throws {VaultError} 400 while another one is under way.
 */
export async function beginKeyRotation(
  client: VaultClient,
  { path, shares, threshold, ...options }: At & { shares: number; threshold: number },
): Promise<string> {
  const { body } = await client.request<Wrapped<StatusBody>>('POST', `${path}/init`, {
    ...options,
    body: { secret_shares: shares, secret_threshold: threshold, require_verification: true },
  })
  return unwrapped(body).nonce ?? ''
}

/**
 * Gives one of the present shares; the last that is needed is answered with the new ones.
 * @throws {VaultError} 400 at the last one when they are not the present shares.
 */
export async function giveShare(
  client: VaultClient,
  { path, nonce, share, ...options }: At & { nonce: string; share: Secret },
): Promise<NewShares | undefined> {
  const { body } = await client.request<Wrapped<UpdateBody>>('POST', `${path}/update`, {
    ...options,
    body: { key: share, nonce },
  })
  const { complete, keys_base64, verification_nonce } = unwrapped(body)
  if (complete !== true) return undefined
  return {
    shares: (keys_base64 ?? []).map((key) => new Secret(key)),
    verification: verification_nonce ?? '',
  }
}

/**
 * Gives one of the new shares back; with the last that is needed they are in force.
 * @throws {VaultError} 400 at the last one when they are not those that were made.
 */
export async function verifyShare(
  client: VaultClient,
  { path, nonce, share, ...options }: At & { nonce: string; share: Secret },
): Promise<boolean> {
  const { body } = await client.request<Wrapped<{ complete?: boolean }>>('POST', `${path}/verify`, {
    ...options,
    body: { key: share, nonce },
  })
  return unwrapped(body).complete ?? false
}

/** Ends a rotation that is under way; the present shares stay in force. */
export async function cancelKeyRotation(
  client: VaultClient,
  { path, nonce, ...options }: At & { nonce: string },
): Promise<void> {
  await client.request('DELETE', `${path}/init`, { ...options, body: { nonce } })
}

/**
 * Whether these shares are the ones in force: they begin a rotation that is given up before
 * anything is changed by it.
 * @throws {VaultError} 400 while a rotation of somebody's is under way.
 */
export async function areInForce(
  client: VaultClient,
  shares: readonly Secret[],
  at: At,
): Promise<boolean> {
  const nonce = await beginKeyRotation(client, { ...at, shares: 1, threshold: 1 })
  try {
    for (const share of shares) {
      if ((await giveShare(client, { ...at, nonce, share })) !== undefined) return true
    }
    return false
  } catch (error) {
    if (error instanceof VaultError && error.says('verification failed')) return false
    throw error
  } finally {
    await cancelKeyRotation(client, { ...at, nonce })
  }
}

/** OpenBao answers below `data`, HashiCorp Vault bare. */
type Wrapped<Body> = Body & { readonly data?: Body }

const unwrapped = <Body>(body: Wrapped<Body>): Body => body.data ?? body

type StatusBody = {
  readonly started?: boolean
  readonly nonce?: string
  readonly required?: number
  readonly progress?: number
  readonly verification_nonce?: string
}

type UpdateBody = {
  readonly complete?: boolean
  readonly keys_base64?: readonly string[]
  readonly verification_nonce?: string
}
