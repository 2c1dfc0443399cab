import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Ns, RunClock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { numberedValue } from './value.ts'

/** The certificate of the server, as the run's authority issued it. */
export type FlipCertificate = { readonly cert: string; readonly key: Secret }

const PATH = '/v1/secret/data/calibration'

/** `reset`: no connection lives. `hang`: they do, and no request is answered. */
export type Failure = 'reset' | 'hang'

/**
 * A server that answers like KV v2 (every write makes a version 1) and fails on command: it
 * resets every connection it has and every one it gets, or answers nobody, until it is told to
 * mend. It knows the instants of both.
 */
export class FlipServer {
  readonly canary: { readonly path: string; readonly hash: string }
  readonly #server: Server
  readonly #clock: RunClock
  readonly #sockets = new Set<Socket>()
  #failing: Failure | undefined

  private constructor(clock: RunClock, certificate: FlipCertificate | undefined) {
    const value = numberedValue(PATH, 0)
    const body = JSON.stringify({ data: { data: value, metadata: { version: 1 } } })
    const written = JSON.stringify({ data: { version: 1 } })
    const answer: RequestListener = ({ method }, response) => {
      if (this.#failing === 'hang') return
      response.setHeader('content-type', 'application/json').end(method === 'GET' ? body : written)
    }
    this.canary = { path: PATH, hash: value.sha }
    this.#clock = clock
    this.#server =
      certificate === undefined
        ? createServer(answer)
        : createTlsServer({ cert: certificate.cert, key: certificate.key.reveal() }, answer)
    this.#server.on('connection', (socket: Socket) => {
      if (this.#failing === 'reset') return void socket.resetAndDestroy()
      this.#sockets.add(socket)
      socket.on('error', () => {}) // resetting is what this server is for
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Listens on a free port of the loopback. */
  static async start(clock: RunClock, certificate?: FlipCertificate): Promise<FlipServer> {
    const server = new FlipServer(clock, certificate)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  fail(how: Failure = 'reset'): Ns {
    const at = this.#clock.now()
    this.#failing = how
    if (how === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy()
    return at
  }

  /** What was asked while it hung is never answered: whoever owed the answer is gone. */
  mend(): Ns {
    this.#failing = undefined
    return this.#clock.now()
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
