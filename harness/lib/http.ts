import { Pool } from 'undici'
import type { Duration } from './duration.ts'

/**
 * HTTP/1.1 to one fixed address. Redirects and retries do not exist here: one call is one
 * request, and a 307 is an answer. Every request has its own deadline timer, because a
 * socket-idle timeout can stay silent for seconds while a connection hangs.
 */

export type Address = { readonly host: string; readonly port: number }
export type Tls = {
  /** PEM of the only authority that is trusted. */
  readonly ca: string
  /** The name the certificate must carry; the address may be an IP. */
  readonly servername: string
}

export type Headers = Readonly<Record<string, string>>

export type HttpRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'LIST' | 'PATCH'
  readonly path: string
  readonly headers?: Headers
  readonly body?: string | Uint8Array
  readonly within: Duration
  readonly signal?: AbortSignal | undefined
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export type HttpTargetOptions = {
  readonly tls?: Tls | undefined
  /** Most connections at once; the next request waits for a free one. */
  readonly connections?: number
  /** `false`: every connection serves one request, and TLS sessions are not resumed. */
  readonly keepAlive?: boolean
}

/**
 * Why a request has no usable answer. `sent` tells whether a byte of the request may have
 * reached the server: only when it is false is the request certainly without effect.
 */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed'
  readonly sent: boolean
  readonly code: string

  constructor(
    message: string,
    { sent, code, cause }: { sent: boolean; code: string; cause?: unknown },
  ) {
    super(message, { cause })
    this.sent = sent
    this.code = code
  }
}

export class HttpTarget {
  readonly address: Address
  readonly #pool: Pool

  constructor(
    address: Address,
    { tls, connections = 128, keepAlive = true }: HttpTargetOptions = {},
  ) {
    this.address = address
    const scheme = tls === undefined ? 'http' : 'https'
    this.#pool = new Pool(`${scheme}://${hostInUrl(address.host)}:${address.port}`, {
      connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      // undici's own retry-free defaults apply; a request limit of 1 makes each connection fresh.
      ...(keepAlive ? {} : { maxRequestsPerClient: 1 }),
      connect: {
        timeout: 0,
        ...(tls === undefined
          ? {}
          : {
              ca: tls.ca,
              servername: tls.servername,
              ...(keepAlive ? {} : { maxCachedSessions: 0 }),
            }),
      },
    })
  }

  /**
   * One request, answered in full. Any status is an answer.
   * @throws {RequestFailed} when no complete answer came within the limit.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const chunks: Buffer[] = []
    const { status, headers } = await this.#exchange(request, (chunk) => {
      chunks.push(chunk)
    })
    return { status, headers, body: Buffer.concat(chunks) }
  }

  /**
   * One request whose body is handed over in pieces as it arrives, for snapshots.
   * A rejected promise means the body was cut short.
   * @throws {RequestFailed}
   */
  async stream(
    request: HttpRequest,
    onChunk: (chunk: Buffer, status: number) => void,
  ): Promise<Omit<HttpAnswer, 'body'>> {
    return this.#exchange(request, onChunk)
  }

  #exchange(
    { method, path, headers = {}, body, within, signal }: HttpRequest,
    onChunk: (chunk: Buffer, status: number) => void,
  ): Promise<Omit<HttpAnswer, 'body'>> {
    return new Promise((resolve, reject) => {
      let sent = false
      let settled = false
      let abortExchange: ((reason: Error) => void) | undefined
      let answer: Omit<HttpAnswer, 'body'> | undefined
      const settle = (finish: () => void) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const fail = (message: string, code: string, cause?: unknown) =>
        settle(() => reject(new RequestFailed(message, { sent, code, cause })))
      const timer = setTimeout(() => {
        fail(
          `${method} ${path}: no answer within ${within.ms} ms`,
          sent ? 'TIMEOUT' : 'CONNECT_TIMEOUT',
        )
        abortExchange?.(new Error('deadline passed'))
      }, within.ms)
      const onAbort = () => {
        fail(`${method} ${path}: stopped`, 'ABORTED', signal?.reason)
        abortExchange?.(new Error('stopped'))
      }
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        this.#pool.dispatch(
          { method: method as 'GET', path, headers: { ...headers }, body: body ?? null },
          {
            onRequestStart(controller) {
              // The deadline may have passed while the connection was still being made.
              if (settled) return controller.abort(new Error('deadline passed before sending'))
              abortExchange = (reason) => controller.abort(reason)
              sent = true
            },
            onResponseStart(_controller, status, responseHeaders) {
              answer = { status, headers: responseHeaders }
            },
            onResponseData(_controller, chunk) {
              if (!settled && answer !== undefined) onChunk(chunk, answer.status)
            },
            onResponseEnd() {
              const complete = answer
              if (complete !== undefined) settle(() => resolve(complete))
            },
            onResponseError(_controller, error) {
              fail(`${method} ${path}: ${error.message}`, codeOf(error), error)
            },
          },
        )
      } catch (error) {
        fail(`${method} ${path}: ${String(error)}`, codeOf(error), error)
      }
    })
  }

  /** Ends all connections; requests still under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy().catch(() => {}) // destroying twice is not worth an error
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (typeof code === 'string' && code !== '') return code
  return cause === undefined ? 'UNKNOWN' : codeOf(cause)
}

const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Small GET or POST to an ordinary URL, for one-off calls; `HTTP_PROXY` and friends are obeyed by Node. */
export async function fetchOnce(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
    within,
  }: {
    method?: string
    headers?: Headers
    body?: string
    within: Duration
  },
): Promise<{ status: number; headers: globalThis.Headers; text: string }> {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(within.ms),
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
