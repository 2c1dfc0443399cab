import { RequestFailed } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { healthBody } from '../vault/health.ts'
import { KV_MOUNT } from '../vault/kv.ts'

/**
 * The application's client as HLD:542-615 has it, with its way of telling errors: a path that is
 * not there is no secret, everything else is raised, and a health check that fails says "not
 * initialized, sealed". What it makes of an outage is what the application acts on.
 */
export class DocumentedClient {
  readonly #client: VaultClient

  constructor(client: VaultClient) {
    this.#client = client
  }

  /** The same with another token; an invalid one is a thing to test. */
  as(token: string): DocumentedClient {
    return new DocumentedClient(this.#client.withToken(new Secret(token)))
  }

  /** `found`, `none`, or `raised: ` with the name that the client's library gives it. */
  async read(path: string): Promise<string> {
    try {
      await this.#client.request('GET', `${KV_MOUNT}/data/${path}`)
      return 'found'
    } catch (error) {
      if (error instanceof RequestFailed) return 'raised: no answer'
      if (!(error instanceof VaultError)) throw error
      return error.status === 404 ? 'none' : `raised: ${EXCEPTIONS[error.status] ?? error.status}`
    }
  }

  /** Any answer with a body counts, whatever its status (HLD:605-615). */
  async health(): Promise<DocumentedHealth> {
    try {
      const body = await healthBody(this.#client)
      const { initialized = false, sealed = true, standby = false } = body
      return { initialized, sealed, standby }
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      return { initialized: false, sealed: true, standby: false }
    }
  }
}

export type DocumentedHealth = Readonly<Record<'initialized' | 'sealed' | 'standby', unknown>>

/** Statuses as hvac raises them; 404 is its `InvalidPath`, which the client catches. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  405: 'UnsupportedOperation',
  412: 'PreconditionFailed',
  429: 'RateLimitExceeded',
  500: 'InternalServerError',
  501: 'VaultNotInitialized',
  502: 'BadGateway',
  503: 'VaultDown',
}
