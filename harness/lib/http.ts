import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { Client, EnvHttpProxyAgent, fetch } from 'undici'
import { type Address, dialler, type Tls } from './dial.ts'
import type { Duration } from './duration.ts'

/**
 * HTTP/1.1 to one fixed address. Redirects and retries do not exist here: one call is one
 * request, and a 307 is an answer. Every request has its own deadline timer, because a
 * socket-idle timeout can stay silent for seconds while a connection hangs.
 */

export type { Address, Tls }

export type Headers = Readonly<Record<string, string>>

export type HttpRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'LIST' | 'PATCH'
  readonly path: string
  readonly headers?: Headers
  /** A stream is sent as it is read; give its `content-length` in the headers. */
  readonly body?: string | Uint8Array | Readable
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

/** An undici client has one connection; `socket` is also there while it is still being dialled. */
type Connection = { readonly client: Client; readonly generation: number; socket?: Socket }

type Waiting = { readonly start: (connection: Connection) => void }

/**
 * The connections to one address. A request has its connection to itself, so a request that
 * is given up takes its connection with it, also one that hangs while it is being dialled:
 * undici's own pool would keep that one busy until the kernel gives up, minutes later.
 */
export class HttpTarget {
  readonly address: Address
  readonly #origin: string
  readonly #limit: number
  readonly #keepAlive: boolean
  readonly #dial: () => Socket
  readonly #idle: Connection[] = []
  readonly #busy = new Set<Connection>()
  readonly #waiting = new Set<Waiting>()
  #generation = 0
  #closed = false

  constructor(
    address: Address,
    { tls, connections = 128, keepAlive = true }: HttpTargetOptions = {},
  ) {
    this.address = address
    const scheme = tls === undefined ? 'http' : 'https'
    this.#origin = `${scheme}://${hostInUrl(address.host)}:${address.port}`
    this.#limit = connections
    this.#keepAlive = keepAlive
    this.#dial = dialler(address, tls, keepAlive)
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

  /**
   * Lets no later request use a connection that exists now: idle ones are closed at once, the
   * others when their request ends.
   */
  redial(): void {
    this.#generation++
    for (const connection of this.#idle.splice(0)) discard(connection)
  }

  #exchange(
    { method, path, headers = {}, body, within, signal }: HttpRequest,
    onChunk: (chunk: Buffer, status: number) => void,
  ): Promise<Omit<HttpAnswer, 'body'>> {
    return new Promise((resolve, reject) => {
      let sent = false
      let settled = false
      let connection: Connection | undefined
      let answer: Omit<HttpAnswer, 'body'> | undefined
      const settle = (reusable: boolean, finish: () => void) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(waiting)
        finish()
        if (connection !== undefined) this.#release(connection, reusable)
      }
      const fail = (message: string, code: string, cause?: unknown) =>
        settle(false, () => {
          reject(new RequestFailed(`${method} ${path}: ${message}`, { sent, code, cause }))
        })
      const onDeadline = () =>
        fail(`no answer within ${within.ms} ms`, sent ? 'TIMEOUT' : 'CONNECT_TIMEOUT')
      const onAbort = () => fail('stopped', 'ABORTED', signal?.reason)
      const start = (own: Connection) => {
        connection = own
        try {
          own.client.dispatch(
            {
              method: method as 'GET',
              path,
              headers: { ...headers },
              body: body ?? null,
              ...(this.#keepAlive ? {} : { reset: true }),
            },
            {
              onRequestStart(controller) {
                // A request that was on the wire once must not be there a second time.
                if (settled || sent) return controller.abort(new Error('was given up before'))
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
                if (complete !== undefined) settle(true, () => resolve(complete))
              },
              onResponseError(_controller, error) {
                fail(error.message, codeOf(error), error)
              },
            },
          )
        } catch (error) {
          fail(String(error), codeOf(error), error)
        }
      }
      const waiting = { start }
      const timer = setTimeout(onDeadline, within.ms)
      if (this.#closed) return fail('the target was closed before', 'CLOSED')
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiting)
      this.#startWaiting()
    })
  }

  #startWaiting(): void {
    for (const waiting of this.#waiting) {
      if (this.#busy.size >= this.#limit) return
      this.#waiting.delete(waiting)
      const connection = this.#idle.pop() ?? this.#connect()
      this.#busy.add(connection)
      waiting.start(connection)
    }
  }

  #connect(): Connection {
    const client = new Client(this.#origin, {
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      connect: (_options, done) => {
        const socket = this.#dial()
        connection.socket = socket
        let reported = false
        const report = (...result: Parameters<typeof done>) => {
          if (reported) return
          reported = true
          done(...result)
        }
        const ready = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
        socket.once(ready, () => report(null, socket))
        socket.on('error', (error) => report(error, null))
      },
    })
    const connection: Connection = { client, generation: this.#generation }
    return connection
  }

  #release(connection: Connection, reusable: boolean): void {
    this.#busy.delete(connection)
    const current = connection.generation === this.#generation
    if (reusable && current && this.#keepAlive && !this.#closed) this.#idle.push(connection)
    else discard(connection)
    this.#startWaiting()
  }

  /** Ends all connections; requests still under way fail. */
  async close(): Promise<void> {
    this.#closed = true
    for (const connection of [...this.#idle.splice(0), ...this.#busy]) discard(connection)
  }
}

/** Undici's own `destroy` leaves a connection alone that is still being dialled. */
function discard({ client, socket }: Connection): void {
  const ended = client.destroy()
  socket?.destroy()
  ended.catch(() => {}) // destroying twice is not worth an error
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (typeof code === 'string' && code !== '') return code
  return cause === undefined ? 'UNKNOWN' : codeOf(cause)
}

const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/**
 * Small GET or POST to an ordinary URL outside the stack. Only these calls obey `HTTP_PROXY`,
 * `HTTPS_PROXY` and `NO_PROXY`: a proxy must never stand between us and our own containers.
 */
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
): Promise<{ status: number; headers: { get(name: string): string | null }; text: string }> {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(within.ms),
    dispatcher: new EnvHttpProxyAgent(),
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
