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
  const answer = await client
    .request<InitBody>('PUT', 'sys/init', {
      ...options,
      body: { recovery_shares: recoveryShares, recovery_threshold: recoveryThreshold },
    })
    .catch((error) => {
      throw mayHaveBeenApplied(error) ? new InitOutcomeUnknown(client.node, error) : error
    })
  return {
    rootToken: new Secret(answer.body.root_token),
    recoveryKeys: answer.body.recovery_keys_base64.map((key) => new Secret(key)),
  }
}

type InitBody = {
  readonly root_token: string
  readonly recovery_keys_base64: readonly string[]
}

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
