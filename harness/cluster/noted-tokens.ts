import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { type TokenState, tokenState } from '../vault/token.ts'

/** Root tokens that a procedure makes: what each may do, and what has become of it. */
export class NotedTokens {
  readonly #clients: VaultClient[] = []
  readonly #policies: string[] = []

  /** The work that each is made for: it says what it may do. */
  readonly use = async (root: VaultClient): Promise<void> => {
    this.#clients.push(root)
    const { body } = await root.request<{ data: { policies: readonly string[] } }>(
      'GET',
      'auth/token/lookup-self',
    )
    this.#policies.push(...body.data.policies)
  }

  /** Names of their policies, one token after the other. */
  get policies(): readonly string[] {
    return this.#policies
  }

  get tokens(): readonly Secret[] {
    return this.#clients.flatMap(({ token }) => token ?? [])
  }

  /** What the server makes of each of them now. */
  states(): Promise<readonly TokenState[]> {
    return Promise.all(this.#clients.map((each) => tokenState(each, { within: seconds(2) })))
  }
}
