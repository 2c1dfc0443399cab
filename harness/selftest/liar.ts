import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { IssuedCertificate } from '../lib/certificates.ts'
import { seconds } from '../lib/duration.ts'
import {
  type Address,
  type HttpAnswer,
  type HttpRequest,
  HttpTarget,
  RequestFailed,
  type Tls,
} from '../lib/http.ts'

/** One request of a client, and its way on to whom it was meant for. */
export type Passing = {
  readonly method: HttpRequest['method']
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
export type Forward = (request?: Partial<Passing>) => Promise<HttpAnswer>

/** What the one in the middle makes of it. `honest` changes nothing. */
export type Lie = (passing: Passing, forward: Forward) => Promise<HttpAnswer>

export const honest: Lie = (_passing, forward) => forward()

/** Longer than any client of ours waits: its own deadline ends the request. */
const UPSTREAM_WITHIN = seconds(30)

/**
 * Stands between the probe and the balancer, with a certificate of the cluster's own authority,
 * and passes on what it likes. A planted defect of the world that no client can tell from the
 * product's own.
 */
export class Liar {
  readonly #server
  readonly #sockets = new Set<Socket>()
  readonly #upstream: HttpTarget
  readonly #lie: Lie
  /** Requests that went through, in all. */
  passed = 0

  private constructor(options: LiarOptions) {
    const { certificate, upstream, tls, lie } = options
    this.#lie = lie
    this.#upstream = new HttpTarget(upstream, { tls })
    const answer: RequestListener = (request, response) => void this.#pass(request, response)
    this.#server =
      certificate === undefined
        ? createServer(answer)
        : createTlsServer({ cert: certificate.cert, key: certificate.key.reveal() }, answer)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {}) // a client may go whenever it likes
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(options: LiarOptions): Promise<Liar> {
    const liar = new Liar(options)
    liar.#server.listen(0, '127.0.0.1')
    await once(liar.#server, 'listening')
    return liar
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([once(this.#server, 'close'), this.#upstream.close()])
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const passing: Passing = {
      method: (request.method ?? 'GET') as Passing['method'],
      path: request.url ?? '/',
      headers: kept(request.headers),
      body: await bodyOf(request),
    }
    this.passed++
    const forward: Forward = (changed = {}) => this.#forward({ ...passing, ...changed })
    try {
      const { status, headers, body } = await this.#lie(passing, forward)
      if (response.destroyed) return
      const type = headers['content-type']
      response
        .writeHead(status, {
          ...(typeof type === 'string' ? { 'content-type': type } : {}),
          'content-length': body.length,
        })
        .end(body)
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      // As the balancer does with a node that is gone: the client's connection ends.
      response.destroy()
    }
  }

  #forward({ method, path, headers, body }: Passing): Promise<HttpAnswer> {
    return this.#upstream.request({
      method,
      path,
      headers,
      ...(body === '' ? {} : { body }),
      within: UPSTREAM_WITHIN,
    })
  }
}

export type LiarOptions = {
  /** Of the name that clients expect; absent when TLS is off. */
  readonly certificate?: IssuedCertificate | undefined
  readonly upstream: Address
  readonly tls?: Tls | undefined
  readonly lie: Lie
}

/** Headers that belong to one connection are not passed on. */
const HOP_BY_HOP = new Set(['connection', 'host', 'content-length', 'transfer-encoding'])

const kept = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !HOP_BY_HOP.has(name) ? [[name, value]] : [],
    ),
  )

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

/** An answer that no server gave. */
export const invented = (status: number, body?: unknown): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
})
