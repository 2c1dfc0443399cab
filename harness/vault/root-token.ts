import { Secret } from '../lib/secret.ts'
import type { CallOptions, VaultClient } from './client.ts'

/**
 * A root token made from key shares: the way back in when nobody has a token (vault.md §7.3).
 * Under a KMS seal they are recovery keys, which the KMS must decrypt first. An attempt that
 * somebody has left is ended: only they had what decodes its token.
 * @throws {VaultError} 405 where the listener was not told to allow it (OpenBao), 400 when the
 * shares are not those in force.
 */
export async function generateRootToken(
  client: VaultClient,
  shares: readonly Secret[],
  options: CallOptions = {},
): Promise<Secret> {
  await client.request('DELETE', ATTEMPT, options)
  const { body } = await client.request<Attempt>('PUT', ATTEMPT, { ...options, body: {} })
  try {
    for (const share of shares) {
      const answer = await client.request<Attempt>('PUT', 'sys/generate-root/update', {
        ...options,
        body: { key: share, nonce: body.nonce },
      })
      const { complete, encoded_token } = answer.body
      if (complete === true) return decoded(encoded_token ?? '', body.otp ?? '')
    }
    throw new TooFewShares(shares.length, body.required ?? 0)
  } catch (error) {
    await client.request('DELETE', ATTEMPT, options)
    throw error
  }
}

const ATTEMPT = 'sys/generate-root/attempt'

type Attempt = {
  readonly nonce?: string
  readonly otp?: string
  readonly required?: number
  readonly complete?: boolean
  readonly encoded_token?: string
}

/** The server sends it XORed with the one-time password that only the beginner was told. */
function decoded(encoded: string, otp: string): Secret {
  const password = Buffer.from(otp)
  const bytes = Buffer.from(encoded, 'base64').map((byte, i) => byte ^ (password[i] ?? 0))
  return new Secret(Buffer.from(bytes).toString())
}

/** Nothing was made, and the attempt is ended. */
export class TooFewShares extends Error {
  override readonly name = 'TooFewShares'
  constructor(given: number, required: number) {
    super(`a root token takes ${required} shares, and ${given} were given`)
  }
}
