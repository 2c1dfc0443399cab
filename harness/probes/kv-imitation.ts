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
import { dataPath } from './value.ts'

/**
 * The little of KV v2 that the mechanics of lanes and read-back need, for unit tests. What the
 * products really answer is asked of the products themselves, in the contract tests.
 */

type Version = { value: Record<string, unknown>; deleted?: boolean }

/** The latest version, and those before it by their numbers. */
type Stored = Version & { version: number; older?: Map<number, Version> }

/** Answers itself and says so, or leaves the request to the imitation. */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
) => boolean | Promise<boolean>

export class KvImitation {
  readonly secrets = new Map<string, Stored>()
  readonly sockets = new Set<Socket>()
  /** Requests by method and path, in order. */
  readonly requests: string[] = []
  health = 200
  intercept: Intercept = () => false
  connections = 0
  readonly #server

  private constructor(certificate?: IssuedCertificate) {
    const answer: RequestListener = (request, response) => void this.#answer(request, response)
    this.#server =
      certificate === undefined
        ? createServer(answer)
        : createTlsServer({ cert: certificate.cert, key: certificate.key.reveal() }, answer)
    this.#server.on('connection', (socket: Socket) => {
      this.connections++
      this.sockets.add(socket)
      socket.on('error', () => {}) // tests reset connections on purpose
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  static async start(certificate?: IssuedCertificate): Promise<KvImitation> {
    const imitation = new KvImitation(certificate)
    imitation.#server.listen(0, '127.0.0.1')
    await once(imitation.#server, 'listening')
    return imitation
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** A TLS connection is reset below its TLS. */
  resetConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  async stop(): Promise<void> {
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    this.requests.push(`${method} ${url}`)
    let body = ''
    for await (const chunk of request) body += chunk
    if (await this.intercept(request, response, body)) return
    if (url === '/v1/sys/health') return reply(response, this.health, {})
    const { pathname, searchParams } = new URL(url, 'http://imitation')
    if (method === 'POST') return this.#write(pathname, body, response)
    if (method === 'DELETE') return this.#delete(pathname, response)
    const of = METADATA.exec(pathname)?.[1]
    if (of !== undefined) return this.#metadata(of, response)
    this.#read(pathname, Number(searchParams.get('version') ?? 0), response)
  }

  #write(path: string, body: string, response: ServerResponse): void {
    const { data, options } = JSON.parse(body)
    const { version = 0, older = new Map(), ...latest } = this.secrets.get(path) ?? {}
    if (options?.cas !== undefined && options.cas !== version) {
      const text = 'check-and-set parameter did not match the current version'
      reply(response, 400, { errors: [text] })
      return
    }
    if (version > 0) older.set(version, latest)
    this.secrets.set(path, { value: data, version: version + 1, older })
    reply(response, 200, { data: { version: version + 1 } })
  }

  #delete(path: string, response: ServerResponse): void {
    const stored = this.secrets.get(path)
    if (stored !== undefined) stored.deleted = true
    response.writeHead(204).end()
  }

  /** @param version 0: the latest. */
  #read(path: string, version: number, response: ServerResponse): void {
    const stored = this.secrets.get(path)
    const isLatest = version === 0 || version === stored?.version
    const found = isLatest ? stored : stored?.older?.get(version)
    if (stored === undefined || found === undefined) {
      reply(response, 404, { errors: [] })
      return
    }
    const isDeleted = found.deleted === true
    const about = { ...stateOf(found), version: isLatest ? stored.version : version }
    const data = isDeleted ? null : found.value
    reply(response, isDeleted ? 404 : 200, { data: { data, metadata: about } })
  }

  #metadata(name: string, response: ServerResponse): void {
    const stored = this.secrets.get(dataPath(name))
    if (stored === undefined) {
      reply(response, 404, { errors: [] })
      return
    }
    const all: [number, Version][] = [...(stored.older ?? []), [stored.version, stored]]
    const versions = Object.fromEntries(
      all.map(([version, found]): [number, unknown] => [version, stateOf(found)]),
    )
    reply(response, 200, { data: { current_version: stored.version, versions } })
  }
}

const METADATA = /^\/v1\/secret\/metadata\/(.+)$/

const stateOf = ({ deleted }: Version) => ({
  deletion_time: deleted === true ? '2026-01-01T00:00:00Z' : '',
  destroyed: false,
})

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
