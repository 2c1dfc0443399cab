import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { type Authority, createAuthority, openAuthority } from './certificates.ts'
import { milliseconds } from './duration.ts'

const nodeNames = { name: 'vault-1', dnsNames: ['vault-1'], ips: ['127.0.0.1'] }

/** What a client that trusts `ca` and expects `servername` sees of a server with this certificate. */
async function handshake(
  server: { cert: string; key: string },
  { ca, servername }: { ca: string; servername: string },
): Promise<string> {
  const listening = createServer({ cert: server.cert, key: server.key }, (socket) => socket.end())
  listening.on('tlsClientError', () => {}) // a refusing client hangs up in mid-handshake
  listening.listen(0, '127.0.0.1')
  onTestFinished(() => void listening.close())
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, ca, servername })
  try {
    await once(socket, 'secureConnect')
    return `authorized: ${socket.authorized}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
  }
}

async function issued(authority: Authority, wanted = nodeNames) {
  const { cert, key } = await authority.issue(wanted)
  return { cert, key: key.reveal() }
}

test('a client that trusts the authority accepts the name in the certificate', async () => {
  const authority = await createAuthority('drill run test')
  const server = await issued(authority)
  expect(await handshake(server, { ca: authority.ca, servername: 'vault-1' })).toBe(
    'authorized: true',
  )
})

test('an authority that is opened again is the same to those who trusted it', async () => {
  const authority = await createAuthority('drill run test')
  const again = await openAuthority(authority.ca, authority.key)
  expect(again.ca).toBe(authority.ca)
  expect(await handshake(await issued(again), { ca: authority.ca, servername: 'vault-1' })).toBe(
    'authorized: true',
  )
})

test('a client refuses a name that is not in the certificate', async () => {
  const authority = await createAuthority('drill run test')
  const server = await issued(authority)
  expect(await handshake(server, { ca: authority.ca, servername: 'vault-2' })).toBe(
    'ERR_TLS_CERT_ALTNAME_INVALID',
  )
})

test('a client refuses a certificate of another run with the same names', async () => {
  const [authority, foreign] = [await createAuthority('drill'), await createAuthority('drill')]
  const server = await issued(foreign)
  expect(await handshake(server, { ca: authority.ca, servername: 'vault-1' })).toMatch(
    /UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER_CERT/,
  )
})

test('a client refuses a certificate after its time', async () => {
  const authority = await createAuthority('drill run test')
  const { cert, key } = await authority.issue({ ...nodeNames, validFor: milliseconds(-60_000) })
  const server = { cert, key: key.reveal() }
  expect(await handshake(server, { ca: authority.ca, servername: 'vault-1' })).toBe(
    'CERT_HAS_EXPIRED',
  )
})

test('the authority may sign certificates and a server may not', async () => {
  const authority = await createAuthority('drill run test')
  const { cert } = await issued(authority)
  expect(new X509Certificate(authority.ca)).toMatchObject({ ca: true })
  expect(new X509Certificate(cert)).toMatchObject({
    ca: false,
    subjectAltName: 'DNS:vault-1, IP Address:127.0.0.1',
    keyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  })
})

test('a private key does not show when it is printed', async () => {
  const { key } = await (await createAuthority('drill run test')).issue(nodeNames)
  expect(`${key} ${JSON.stringify({ key })}`).toBe('[secret] {"key":"[secret]"}')
  expect(key.reveal()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
})
