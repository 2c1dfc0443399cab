import { Secret } from '../lib/secret.ts'
import type { VaultClient, VaultMethod } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { KV_MOUNT } from '../vault/kv.ts'

/** What an application sees of one call: the status, and the secret where there is one. */
export type Seen = {
  readonly status: number
  readonly data?: unknown
  readonly version?: number
  readonly errors?: readonly string[]
}

/**
 * Secrets as an application uses them (HLD:893-986): every answer is a fact to look at, a
 * refusal too.
 */
export class Secrets {
  readonly #client: VaultClient

  constructor(client: VaultClient) {
    this.#client = client
  }

  /** The same place with another token; an invalid one is a thing to test. */
  as(token: string): Secrets {
    return new Secrets(this.#client.withToken(new Secret(token)))
  }

  write(path: string, data: unknown, cas?: number): Promise<Seen> {
    const options = cas === undefined ? {} : { options: { cas } }
    return this.#ask('POST', `${KV_MOUNT}/data/${path}`, { data, ...options })
  }

  read(path: string): Promise<Seen> {
    return this.#ask('GET', `${KV_MOUNT}/data/${path}`)
  }

  /** Hides the latest version; `undelete` shows it again. */
  softDelete(path: string): Promise<Seen> {
    return this.#ask('DELETE', `${KV_MOUNT}/data/${path}`)
  }

  undelete(path: string, versions: readonly number[]): Promise<Seen> {
    return this.#ask('POST', `${KV_MOUNT}/undelete/${path}`, { versions })
  }

  list(path: string): Promise<Seen> {
    return this.#ask('LIST', `${KV_MOUNT}/metadata/${path}`)
  }

  /** Any call below `/v1/`, for the smoke calls. */
  async call(method: VaultMethod, path: string, body?: unknown): Promise<Seen> {
    return this.#ask(method, path, body)
  }

  async #ask(method: VaultMethod, path: string, body?: unknown): Promise<Seen> {
    try {
      const answer = await this.#client.request<Body | undefined>(method, path, {
        ...(body === undefined ? {} : { body }),
      })
      const { data } = answer.body ?? {}
      const version = data?.version ?? data?.metadata?.version
      return {
        status: answer.status,
        data: data?.data ?? data ?? answer.body,
        ...(version === undefined ? {} : { version }),
      }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      return { status: error.status, errors: error.errors }
    }
  }
}

type Body = {
  readonly data?: {
    readonly data?: unknown
    readonly version?: number
    readonly metadata?: { readonly version?: number }
  }
}
