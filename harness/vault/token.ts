import { RequestFailed } from '../lib/http.ts'
import type { CallOptions, VaultClient } from './client.ts'
import { VaultError } from './error.ts'

/** What a server makes of the client's token. `unknown`: it did not answer, or not about that. */
export type TokenState = 'valid' | 'refused' | 'unknown'

/** `GET auth/token/lookup-self`: open to every token that is valid, whatever its policies. */
export async function tokenState(
  client: VaultClient,
  options: CallOptions = {},
): Promise<TokenState> {
  try {
    await client.request('GET', 'auth/token/lookup-self', options)
    return 'valid'
  } catch (error) {
    if (error instanceof VaultError) return error.status === 403 ? 'refused' : 'unknown'
    if (error instanceof RequestFailed) return 'unknown'
    throw error
  }
}
