import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Address } from '../lib/http.ts'
import { FakeStore } from './fake-store.ts'

export type Answer = { readonly status: number; readonly body?: unknown }
export type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly token: string | undefined
  readonly body: string
}
/** No answer at all: the request hangs until its connection ends. */
export type Handle = (asked: Asked) => Promise<Answer | undefined>

/** An HTTP server that can lose all its connections at once and come back on its port. */
export class FakeListener {
  readonly #handle: Handle
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0

  constructor(handle: Handle) {
    this.#handle = handle
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.#port }
  }

  /** @param turnsAway whether a connection that arrives now is reset at once. */
  async open(turnsAway: () => boolean = () => false): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response))
    server.keepAliveTimeout = 0 // as the servers: idle connections stay for minutes
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => {}) // resetting them is what a crash does
      if (turnsAway()) return void socket.resetAndDestroy()
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** As the kernel closes what a dead process had open. */
  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    this.reset()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const token = request.headers['x-vault-token']
    let body = ''
    try {
      for await (const chunk of request) body += chunk
    } catch {
      return // the client is gone, and nobody waits for an answer
    }
    const answer = await this.#handle({
      method: request.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      token: typeof token === 'string' ? token : undefined,
      body,
    })
    if (answer === undefined || response.destroyed) return
    const text = answer.body === undefined ? '' : JSON.stringify(answer.body)
    response
      .writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      .end(text)
  }
}

/** A node of a real cluster is not used before it has run for a while; this one is made settled. */
const SETTLED_MS = 60_000

/** One node: its data, its listener, and what it thinks that it is. */
export class FakeNode {
  readonly name: string
  readonly store = new FakeStore()
  readonly listener: FakeListener
  state: 'leader' | 'standby' | 'down' = 'standby'
  /** In which it led last. */
  term = 0
  /** It goes on committing and answers nobody: the moments before a crash. */
  mute = false
  /** Counts its processes; the number stands for the pid. */
  process = 1
  startedAtMs = performance.now() - SETTLED_MS

  constructor(name: string, handle: (node: FakeNode, asked: Asked) => Promise<Answer | undefined>) {
    this.name = name
    this.listener = new FakeListener((asked) => handle(this, asked))
  }

  async crash(): Promise<void> {
    this.state = 'down'
    this.mute = false
    await this.listener.close()
  }

  async restart(): Promise<void> {
    this.process++
    this.startedAtMs = performance.now()
    this.state = 'standby'
    await this.listener.open()
  }
}
