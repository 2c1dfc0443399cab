import type { Readable } from 'node:stream'
import { type Duration, seconds } from '../lib/duration.ts'
import {
  type Address,
  type Headers,
  type HttpAnswer,
  type HttpRequest,
  HttpTarget,
  RequestFailed,
  type Tls,
} from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { VaultError } from './error.ts'

/**
 * One node's HTTP API, for HashiCorp Vault and OpenBao alike. One call is one request to that
 * node: a redirect is an error that names its target, and nothing is tried twice. What the
 * paths mean lives in the other files of this folder, one area each.
 */

export type VaultMethod = 'GET' | 'LIST' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How one call may be limited; each function of this folder passes it through. */
export type CallOptions = {
  /** 5 s unless said. */
  readonly within?: Duration
  readonly signal?: AbortSignal | undefined
}

export type VaultRequest = CallOptions & {
  /** Sent as JSON. A `Secret` in it is sent in clear, and kept out of errors. */
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly headers?: Headers
  /** Which answers besides 2xx are no errors; `body` is undefined where it was not JSON. */
  readonly accept?: (status: number, body: unknown) => boolean
}

export type VaultAnswer<T> = {
  readonly status: number
  /** By lower-case name: `x-vault-index`, `retry-after`. */
  readonly headers: HttpAnswer['headers']
  readonly body: T
}

const DEFAULT_LIMIT = seconds(5)
const LONGEST_FOREIGN_TEXT = 200

export class VaultClient {
  readonly node: string
  readonly #target: HttpTarget
  readonly #token: Secret | undefined

  constructor({
    node,
    token,
    ...connection
  }: { node: string; token?: Secret | undefined } & (
    | { address: Address; tls?: Tls | undefined }
    | { target: HttpTarget }
  )) {
    this.node = node
    this.#token = token
    this.#target =
      'target' in connection
        ? connection.target
        : new HttpTarget(connection.address, { tls: connection.tls })
  }

  get address(): Address {
    return this.#target.address
  }

  /** For what acts in our name from another place. */
  get token(): Secret | undefined {
    return this.#token
  }

  /** The same connections with another token; closing either client closes both. */
  withToken(token: Secret): VaultClient {
    return new VaultClient({ node: this.node, target: this.#target, token })
  }

  /**
   * One request, `path` without `/v1/`; the answer's JSON is not checked against `T`.
   * @throws {VaultError} on any status but 2xx that is not accepted, and on a 2xx without JSON.
   * @throws {RequestFailed} when no complete answer came within the limit.
   */
  async request<T = unknown>(
    method: VaultMethod,
    path: string,
    { body, query, within = DEFAULT_LIMIT, signal, headers, accept }: VaultRequest = {},
  ): Promise<VaultAnswer<T>> {
    const { text, secrets } = toJson(body)
    const sent: HttpRequest = {
      method,
      path: urlPath(path, query),
      headers: {
        ...this.#tokenHeader(),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
      within,
      signal,
    }
    const answer = await this.#naming(sent, this.#target.request(sent))
    const said = answer.body.toString('utf8')
    const parsed = fromJson(said)
    const accepted = isSuccess(answer) || accept?.(answer.status, parsed) === true
    if (!accepted) throw this.#refused(sent, answer, { errors: messagesIn(said), secrets })
    if (isSuccess(answer) && said !== '' && parsed === undefined) {
      const errors = [`not JSON: ${said.slice(0, LONGEST_FOREIGN_TEXT)}`]
      throw this.#refused(sent, answer, { errors, secrets })
    }
    return { status: answer.status, headers: answer.headers, body: parsed as T }
  }

  /**
   * GET of something too large for memory: hands over the pieces of a 2xx answer in order.
   * @throws {VaultError} on any other status.
   * @throws {RequestFailed} when the answer was cut short.
   */
  async download(
    path: string,
    onChunk: (chunk: Buffer) => void,
    { query, within = DEFAULT_LIMIT, signal }: Pick<VaultRequest, 'query'> & CallOptions = {},
  ): Promise<void> {
    const refusal: Buffer[] = []
    const sent: HttpRequest = {
      method: 'GET',
      path: urlPath(path, query),
      headers: this.#tokenHeader(),
      within,
      signal,
    }
    const received = this.#target.stream(sent, (chunk, status) => {
      if (isSuccess({ status })) onChunk(chunk)
      else refusal.push(chunk)
    })
    const answer = await this.#naming(sent, received)
    if (isSuccess(answer)) return
    const errors = messagesIn(Buffer.concat(refusal).toString('utf8'))
    throw this.#refused(sent, answer, { errors })
  }

  /**
   * POST of a stream whose length is known. Gives the status of the answer.
   * @throws {VaultError} on any status but 2xx. @throws {RequestFailed}
   */
  async upload(
    path: string,
    { content, bytes }: { content: Readable; bytes: number },
    { within = DEFAULT_LIMIT, signal }: CallOptions = {},
  ): Promise<number> {
    const sent: HttpRequest = {
      method: 'POST',
      path: urlPath(path),
      headers: { ...this.#tokenHeader(), 'content-length': String(bytes) },
      body: content,
      within,
      signal,
    }
    const answer = await this.#naming(sent, this.#target.request(sent))
    if (isSuccess(answer)) return answer.status
    throw this.#refused(sent, answer, { errors: messagesIn(answer.body.toString('utf8')) })
  }

  close(): Promise<void> {
    return this.#target.close()
  }

  #tokenHeader(): Headers {
    return this.#token === undefined ? {} : { 'x-vault-token': this.#token.reveal() }
  }

  /** A failure's message says which node was asked; the address alone names nobody. */
  async #naming<A>({ method, path }: HttpRequest, answer: Promise<A>): Promise<A> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      const call = `${method} ${path}`
      const message = error.message.replace(call, `${call} on ${this.node}`)
      throw new RequestFailed(message, { sent: error.sent, code: error.code, cause: error })
    }
  }

  #refused(
    { method, path }: HttpRequest,
    { status, headers }: Omit<HttpAnswer, 'body'>,
    { errors, secrets = [] }: { errors: readonly string[]; secrets?: readonly Secret[] },
  ): VaultError {
    const known = this.#token === undefined ? secrets : [...secrets, this.#token]
    return new VaultError({
      node: this.node,
      method,
      path,
      status,
      errors: errors.map((error) => without(known, error)),
      headers,
    })
  }
}

const isSuccess = ({ status }: { status: number }): boolean => status >= 200 && status < 300

function urlPath(path: string, query: VaultRequest['query'] = {}): string {
  const encoded = `/v1/${path.split('/').map(encodeURIComponent).join('/')}`
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) parameters.set(name, String(value))
  return parameters.size === 0 ? encoded : `${encoded}?${parameters}`
}

function toJson(body: unknown): { text: string | undefined; secrets: readonly Secret[] } {
  const secrets: Secret[] = []
  const text = JSON.stringify(body, function (this: Record<string, unknown>, key, value) {
    const original = this[key] // `value` went through toJSON and says "[secret]" already
    if (!(original instanceof Secret)) return value
    secrets.push(original)
    return original.reveal()
  })
  return { text, secrets }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller has the text and decides what it means
  }
}

/** Vault's `errors`, or the bare text of a proxy in between. */
function messagesIn(said: string): readonly string[] {
  const { errors } = (fromJson(said) ?? {}) as { errors?: unknown }
  if (Array.isArray(errors)) return errors.map((error) => String(error).trim())
  const text = said.trim().slice(0, LONGEST_FOREIGN_TEXT)
  return text === '' ? [] : [text]
}

const without = (secrets: readonly Secret[], text: string): string =>
  secrets.reduce(
    (rest, secret) =>
      secret.reveal() === '' ? rest : rest.replaceAll(secret.reveal(), `${secret}`),
    text,
  )
