import { RequestFailed } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import type { CallOptions, VaultClient } from './client.ts'
import { VaultError } from './error.ts'

export type Initialized = {
  readonly rootToken: Secret
  /** They authorise rekeying and root tokens; under an auto seal they unseal nothing. */
  readonly recoveryKeys: readonly Secret[]
}

export async function isInitialized(
  client: VaultClient,
  options: CallOptions = {},
): Promise<boolean> {
  const { body } = await client.request<{ initialized?: boolean }>('GET', 'sys/init', options)
  return body.initialized ?? false
}

/**
 * `PUT sys/init` of a node with an auto seal. It unseals itself afterwards.
 * @throws {InitOutcomeUnknown} when the node may be initialised with keys that nobody has.
 * @throws {VaultError} when it refused, {RequestFailed} when it was never asked: ask again.
 */
export async function initialize(
  client: VaultClient,
  {
    recoveryShares,
    recoveryThreshold,
    ...options
  }: CallOptions & { recoveryShares: number; recoveryThreshold: number },
): Promise<Initialized> {
  const asked = { recovery_shares: recoveryShares, recovery_threshold: recoveryThreshold }
  const { root_token, recovery_keys_base64 } = await init(client, asked, options)
  return { rootToken: new Secret(root_token), recoveryKeys: secretsOf(recovery_keys_base64) }
}

/**
 * `PUT sys/init` of a node without an auto seal (RB:227 as it is meant). It stays sealed until it is
 * given enough of these shares. Throws as {@link initialize} does.
 */
export async function initializeShamir(
  client: VaultClient,
  { shares, threshold, ...options }: CallOptions & { shares: number; threshold: number },
): Promise<{ readonly rootToken: Secret; readonly unsealKeys: readonly Secret[] }> {
  const asked = { secret_shares: shares, secret_threshold: threshold }
  const { root_token, keys_base64 } = await init(client, asked, options)
  return { rootToken: new Secret(root_token), unsealKeys: secretsOf(keys_base64) }
}

async function init(
  client: VaultClient,
  asked: Readonly<Record<string, number>>,
  options: CallOptions,
): Promise<InitBody> {
  const { body } = await client
    .request<InitBody>('PUT', 'sys/init', { ...options, body: asked })
    .catch((error) => {
      throw mayHaveBeenApplied(error) ? new InitOutcomeUnknown(client.node, error) : error
    })
  return body
}

type InitBody = {
  readonly root_token: string
  readonly recovery_keys_base64?: readonly string[]
  readonly keys_base64?: readonly string[]
}

const secretsOf = (keys: readonly string[] = []): readonly Secret[] =>
  keys.map((key) => new Secret(key))

/**
 * An init that was sent too early can be applied although the client saw an error, and
 * "already initialized" may be the echo of our own first attempt (measured on both products).
 */
function mayHaveBeenApplied(error: unknown): boolean {
  if (error instanceof RequestFailed) return error.sent
  if (!(error instanceof VaultError)) return false
  return error.status >= 500 || error.says('already initialized')
}

/** The only way on is an empty disk: neither asking again nor waiting brings the keys back. */
export class InitOutcomeUnknown extends Error {
  override readonly name = 'InitOutcomeUnknown'
  readonly node: string

  constructor(node: string, cause: Error) {
    super(`${node} may be initialised with keys that nobody has: ${cause.message}`, { cause })
    this.node = node
  }
}
