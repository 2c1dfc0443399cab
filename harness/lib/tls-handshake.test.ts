import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Authority, createAuthority, type IssuedCertificate } from './certificates.ts'
import { milliseconds } from './duration.ts'
import { shownCertificate, type TlsClient, tlsHandshake } from './tls-handshake.ts'

let authority: Authority
let own: IssuedCertificate
let client: IssuedCertificate
beforeAll(async () => {
  authority = await createAuthority('test')
  own = await authority.issue({ name: 'vault-1', dnsNames: ['vault-1'], ips: [] })
  client = await authority.issue({ name: 'client', dnsNames: ['client'], ips: [] })
})

/** A server that answers what it is asked, as far as the handshake lets it. */
async function handshakeWith(server: TlsOptions, asked: Partial<TlsClient> = {}): Promise<string> {
  const listening = createTlsServer(
    { cert: own.cert, key: own.key.reveal(), ...server },
    (socket) => {
      socket.on('error', () => {}) // the client is gone when it has seen enough
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    },
  )
  listening.on('tlsClientError', () => {}) // refusing is the point
  const port = await listen(listening)
  return tlsHandshake(
    { host: '127.0.0.1', port },
    { servername: 'vault-1', ca: authority.ca, ...asked },
  )
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test.each([
  ['a server of TLS 1.3', {}, {}, 'accepted TLSv1.3'],
  ['a server of TLS 1.2', { maxVersion: 'TLSv1.2' }, {}, 'accepted TLSv1.2'],
  ['a client of TLS 1.2', {}, { newest: 'TLSv1.2' }, 'accepted TLSv1.2'],
] as const)('%s and the other side agree', async (_who, server, asked, result) => {
  expect(await handshakeWith(server, asked)).toBe(result)
})

test.each([
  [
    'a server that wants TLS 1.3 refuses a client of TLS 1.2',
    { minVersion: 'TLSv1.3' },
    { newest: 'TLSv1.2' },
    /^refused: ERR_SSL_/,
  ],
  [
    'a name that the certificate does not carry is refused',
    {},
    { servername: 'vault-2' },
    /^refused: ERR_TLS_CERT_ALTNAME_INVALID$/,
  ],
] as const)('%s', async (_title, server, asked, result) => {
  expect(await handshakeWith(server, asked)).toMatch(result)
})

test('a certificate of another authority is refused', async () => {
  const { ca } = await createAuthority('another')
  expect(await handshakeWith({}, { ca })).toMatch(/^refused: .*(CERT|SIGN|ISSUER)/)
})

test('where client certificates are required, only one of the authority is served', async () => {
  const required = { requestCert: true, rejectUnauthorized: true, ca: authority.ca }
  const stranger = await (await createAuthority('another')).issue({
    name: 'x',
    dnsNames: ['x'],
    ips: [],
  })
  expect(await handshakeWith(required, { certificate: client })).toBe('accepted TLSv1.3')
  expect(await handshakeWith(required)).toMatch(/^refused: /)
  expect(await handshakeWith(required, { certificate: stranger })).toMatch(/^refused: /)
})

test.each([
  [
    'hangs up',
    (server: Server) => server.on('connection', (socket) => socket.destroy()),
    /^refused: /,
  ],
  ['says nothing', (server: Server) => server, /^no answer within 100 ms$/],
])('a server that %s is told as it is', async (_what, prepare, result) => {
  const sockets = createTcpServer((socket) => onTestFinished(() => void socket.destroy()))
  const port = await listen(prepare(sockets))
  const asked = { servername: 'vault-1', ca: authority.ca, within: milliseconds(100) }
  expect(await tlsHandshake({ host: '127.0.0.1', port }, asked)).toMatch(result)
})

test('where nobody listens the connection is refused', async () => {
  const gone = createTcpServer()
  const port = await listen(gone)
  gone.close()
  await once(gone, 'close')
  const asked = { servername: 'vault-1', ca: authority.ca }
  expect(await tlsHandshake({ host: '127.0.0.1', port }, asked)).toBe('refused: ECONNREFUSED')
})

test('what a server shows is told also to those who would refuse it', async () => {
  const { cert, key } = await (await createAuthority('another')).issue({
    name: 'vault-1',
    dnsNames: ['vault-1'],
    ips: [],
    validFor: milliseconds(-60_000),
  })
  const listening = createTlsServer({ cert, key: key.reveal() })
  listening.on('tlsClientError', () => {}) // the client has seen enough
  const address = { host: '127.0.0.1', port: await listen(listening) }
  expect(await shownCertificate(address, 'vault-1')).toBe(new X509Certificate(cert).fingerprint256)
  listening.close()
  await once(listening, 'close')
  await expect(shownCertificate(address, 'vault-1')).rejects.toThrow('ECONNREFUSED')
})
