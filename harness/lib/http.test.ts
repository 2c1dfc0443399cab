import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Authority, createAuthority, type IssuedCertificate } from './certificates.ts'
import { milliseconds, seconds } from './duration.ts'
import { HttpTarget, type HttpTargetOptions, RequestFailed } from './http.ts'

let authority: Authority
let certificate: IssuedCertificate

beforeAll(async () => {
  authority = await createAuthority('http test')
  certificate = await authority.issue({ name: 'node', dnsNames: ['node.test'], ips: [] })
})

type Started = { readonly port: number; readonly sockets: readonly Socket[] }

async function listen(server: Server): Promise<Started> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => {}) // the tests reset connections on purpose
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

const plain = (answer: RequestListener) => listen(createServer(answer))
const secured = (answer: RequestListener) =>
  listen(createTlsServer({ cert: certificate.cert, key: certificate.key.reveal() }, answer))

function target(port: number, options: HttpTargetOptions = {}): HttpTarget {
  const opened = new HttpTarget({ host: '127.0.0.1', port }, options)
  onTestFinished(() => opened.close())
  return opened
}

const get = { method: 'GET', path: '/v1/x', within: seconds(5) } as const

async function failureOf(answer: Promise<unknown>): Promise<RequestFailed> {
  const failure = await answer.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(RequestFailed)
  return failure as RequestFailed
}

describe('an answer', () => {
  test.each([200, 204, 307, 403, 404, 429, 500, 503])(
    'with status %i is given as it came',
    async (status) => {
      const { port } = await plain((_request, response) => {
        response.writeHead(status, { location: 'http://127.0.0.1:1/elsewhere' }).end()
      })
      const answer = await target(port).request(get)
      expect(answer.status).toBe(status)
      expect(answer.headers.location).toBe('http://127.0.0.1:1/elsewhere')
    },
  )

  test('carries the body of a request back over TLS', async () => {
    const { port } = await secured((request, response) => {
      request.pipe(response)
    })
    const tls = { ca: authority.ca, servername: 'node.test' }
    const answer = await target(port, { tls }).request({ ...get, method: 'POST', body: '{"a":1}' })
    expect(answer.body.toString()).toBe('{"a":1}')
  })

  test('that is cut short is a failure after sending', async () => {
    const { port } = await plain((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('only this', () => response.destroy())
    })
    expect(await failureOf(target(port).request(get))).toMatchObject({ sent: true })
  })
})

describe('a request is certainly without effect', () => {
  test('when nothing listens', async () => {
    const listener = createTcpServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    await new Promise((resolve) => listener.close(resolve))
    const failure = await failureOf(target(port).request(get))
    expect(failure).toMatchObject({ sent: false, code: 'ECONNREFUSED' })
  })

  test.each([
    ['names another server', 'other.test', () => authority.ca],
    ['comes from an unknown authority', 'node.test', () => undefined],
  ])('when the certificate %s', async (_title, servername, ca) => {
    let requests = 0
    const { port } = await secured((_request, response) => {
      requests++
      response.end()
    })
    const trusted = ca() ?? (await createAuthority('stranger')).ca
    const failure = await failureOf(target(port, { tls: { ca: trusted, servername } }).request(get))
    expect(failure).toMatchObject({ sent: false })
    expect(requests).toBe(0)
  })

  test('when the connection is reset before the handshake', async () => {
    const { port } = await listen(createTcpServer((socket) => socket.resetAndDestroy()))
    const tls = { ca: authority.ca, servername: 'node.test' }
    expect(await failureOf(target(port, { tls }).request(get))).toMatchObject({ sent: false })
  })

  test('when the deadline passes while it is dialled, and the dial ends with it', async () => {
    const { port, sockets } = await listen(createTcpServer((socket) => void socket.resume()))
    const tls = { ca: authority.ca, servername: 'node.test' }
    const opened = target(port, { tls, connections: 1 })
    for (let attempt = 1; attempt <= 3; attempt++) {
      const failure = await failureOf(opened.request({ ...get, within: milliseconds(60) }))
      expect(failure).toMatchObject({ sent: false, code: 'CONNECT_TIMEOUT' })
    }
    await sleep(20)
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true, true, true])
  })

  test('when it was stopped before it began', async () => {
    const { port, sockets } = await plain(() => {})
    const signal = AbortSignal.abort(new Error('enough'))
    const failure = await failureOf(target(port).request({ ...get, signal }))
    expect(failure).toMatchObject({ sent: false, code: 'ABORTED' })
    expect(sockets).toHaveLength(0)
  })

  test('when its target was closed before', async () => {
    const { port } = await plain(() => {})
    const opened = target(port)
    await opened.close()
    expect(await failureOf(opened.request(get))).toMatchObject({ sent: false, code: 'CLOSED' })
  })

  test('when it still waits for a free connection at its deadline', async () => {
    const { port, sockets } = await plain(() => {})
    const opened = target(port, { connections: 1 })
    const first = failureOf(opened.request({ ...get, within: milliseconds(150) }))
    const second = await failureOf(opened.request({ ...get, within: milliseconds(50) }))
    expect(second).toMatchObject({ sent: false, code: 'CONNECT_TIMEOUT' })
    expect(await first).toMatchObject({ sent: true, code: 'TIMEOUT' })
    expect(sockets).toHaveLength(1)
  })
})

describe('a request may have had an effect', () => {
  test('when its connection is reset after it was read, and it is not sent again', async () => {
    let requests = 0
    const { port } = await plain((request) => {
      requests++
      request.socket.resetAndDestroy()
    })
    const failure = await failureOf(target(port).request({ ...get, method: 'POST', body: '{}' }))
    expect(failure).toMatchObject({ sent: true, code: 'ECONNRESET' })
    await sleep(20)
    expect(requests).toBe(1)
  })

  test('when the server hangs until the deadline', async () => {
    const { port } = await plain(() => {})
    const startedMs = performance.now()
    const failure = await failureOf(target(port).request({ ...get, within: milliseconds(100) }))
    expect(failure).toMatchObject({ sent: true, code: 'TIMEOUT' })
    expect(failure.message).toBe('GET /v1/x: no answer within 100 ms')
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(99)
  })

  test('when it is stopped after sending', async () => {
    const stop = new AbortController()
    const { port } = await plain(() => stop.abort())
    const failure = await failureOf(target(port).request({ ...get, signal: stop.signal }))
    expect(failure).toMatchObject({ sent: true, code: 'ABORTED' })
  })

  test('when its target is closed meanwhile', async () => {
    const { port } = await plain(() => void opened.close())
    const opened = target(port)
    expect(await failureOf(opened.request(get))).toMatchObject({ sent: true })
  })
})

describe('connections', () => {
  const ok: RequestListener = (_request, response) => void response.end('ok')

  test('are used again', async () => {
    const { port, sockets } = await secured(ok)
    const opened = target(port, { tls: { ca: authority.ca, servername: 'node.test' } })
    for (let n = 0; n < 5; n++) await opened.request(get)
    expect(sockets).toHaveLength(1)
  })

  test('without keep-alive serve one request each, with a full handshake', async () => {
    const resumed: boolean[] = []
    const { port, sockets } = await secured((request, response) => {
      resumed.push((request.socket as TLSSocket).isSessionReused())
      response.end('ok')
    })
    const tls = { ca: authority.ca, servername: 'node.test' }
    const opened = target(port, { tls, keepAlive: false })
    for (let n = 0; n < 3; n++) await opened.request(get)
    expect(sockets).toHaveLength(3)
    expect(resumed).toEqual([false, false, false])
  })

  test('are all new after a re-dial, while a request under way is still answered', async () => {
    const { port, sockets } = await plain(async (request, response) => {
      if (request.url === '/slow') await sleep(60)
      response.end('ok')
    })
    const opened = target(port)
    await opened.request(get)
    const slow = opened.request({ ...get, path: '/slow' })
    await opened.request(get)
    expect(sockets).toHaveLength(2)
    opened.redial()
    await opened.request(get)
    expect(sockets).toHaveLength(3)
    expect((await slow).status).toBe(200)
    await sleep(20)
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true, true, false])
  })

  test('that the server closes while idle are replaced without a failed request', async () => {
    const { port, sockets } = await plain(ok)
    const opened = target(port)
    await opened.request(get)
    sockets[0]?.destroy()
    await sleep(20)
    expect((await opened.request(get)).status).toBe(200)
    expect(sockets).toHaveLength(2)
  })

  test('are not more than allowed, and every request gets its turn', async () => {
    let open = 0
    let most = 0
    const { port, sockets } = await plain(async (_request, response) => {
      most = Math.max(most, ++open)
      await sleep(5)
      open--
      response.end('ok')
    })
    const opened = target(port, { connections: 3 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => opened.request(get)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(most).toBe(3)
    expect(sockets.length).toBe(3)
  })
})
