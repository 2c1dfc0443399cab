import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, replaying, serving } from '../../fixtures/responses/replay.ts'
import { createAuthority } from '../lib/certificates.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { VaultClient } from './client.ts'
import { VaultError } from './error.ts'

const answering = async (listener: RequestListener) =>
  clientOf(await serving(createServer(listener)))

const failureOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => expect.fail('the call succeeded'),
    (error) => error,
  )

test('a call sends its token, its JSON and its query to a path below /v1', async () => {
  const client = await answering(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    const token = headers['x-vault-token']
    response.setHeader('X-Vault-Index', 'abc')
    response.end(JSON.stringify({ method, url, token, said: Buffer.concat(chunks).toString() }))
  })
  const answer = await client.request('POST', 'secret/data/a b', {
    query: { version: 2 },
    body: { key: new Secret('in-clear') },
  })
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'x-vault-index': 'abc' },
    body: {
      method: 'POST',
      url: '/v1/secret/data/a%20b?version=2',
      token: 'a-token',
      said: '{"key":"in-clear"}',
    },
  })
})

test('an error names method, path, node, status and what Vault says', async () => {
  const client = await replaying('vault', 'kv', 'read with a wrong token')
  const error = await failureOf(client.request('GET', 'secret/data/tenants/t-1/key'))
  expect(error).toBeInstanceOf(VaultError)
  expect(error.message).toMatchInlineSnapshot(
    `"GET /v1/secret/data/tenants/t-1/key on vault-1 answered 403: 2 errors occurred: * permission denied * invalid token"`,
  )
})

test('a redirect is an error that tells where to and is not followed', async () => {
  const client = await replaying('vault', 'snapshot', 'on a standby')
  const error = await failureOf(client.download('sys/storage/raft/snapshot', () => {}))
  expect(error).toMatchObject({
    status: 307,
    location: 'http://127.0.0.1:18200/v1/sys/storage/raft/snapshot',
  })
  expect(error.message).toMatchInlineSnapshot(
    `"GET /v1/sys/storage/raft/snapshot on vault-1 answered 307 with a redirect to http://127.0.0.1:18200/v1/sys/storage/raft/snapshot"`,
  )
})

test('no error holds the token or a secret that was sent, even if the server echoes them', async () => {
  const client = await answering((_request, response) => {
    response.writeHead(400)
    response.end(JSON.stringify({ errors: ['bad a-token', 'bad in-clear'] }))
  })
  const error = await failureOf(
    client.request('PUT', 'sys/unseal', { body: { key: new Secret('in-clear') } }),
  )
  expect(error.message).toMatchInlineSnapshot(
    `"PUT /v1/sys/unseal on vault-1 answered 400: bad [secret]; bad [secret]"`,
  )
  expect(JSON.stringify(error)).not.toMatch(/a-token|in-clear/)
})

test('an answer of something else than Vault is quoted', async () => {
  const client = await answering((_request, response) => {
    response.writeHead(503).end('<html>No server is available</html>')
  })
  const error = await failureOf(client.request('GET', 'sys/leader'))
  expect(error.message).toMatchInlineSnapshot(
    `"GET /v1/sys/leader on vault-1 answered 503: <html>No server is available</html>"`,
  )
})

test('a success that is not JSON is an error', async () => {
  const client = await answering((_request, response) => response.end('welcome'))
  const error = await failureOf(client.request('GET', 'sys/leader'))
  expect(error.message).toMatchInlineSnapshot(
    `"GET /v1/sys/leader on vault-1 answered 200: not JSON: welcome"`,
  )
})

test('an accepted status is an answer', async () => {
  const client = await answering((_request, response) => {
    response.writeHead(404, { 'retry-after': '3' }).end('{"errors":[]}')
  })
  const accept = (status: number) => status === 404
  expect(await client.request('GET', 'x', { accept })).toMatchObject({
    status: 404,
    headers: { 'retry-after': '3' },
    body: { errors: [] },
  })
})

test('a call without an answer fails at its own deadline and says whom it asked', async () => {
  const client = await answering(() => {})
  const error = await failureOf(client.request('GET', 'sys/health', { within: milliseconds(50) }))
  expect(error).toMatchObject({ name: 'RequestFailed', sent: true, code: 'TIMEOUT' })
  expect(error.message).toMatchInlineSnapshot(
    `"GET /v1/sys/health on vault-1: no answer within 50 ms"`,
  )
})

test('a call that is stopped by its caller fails at once', async () => {
  const stop = new AbortController()
  const client = await answering(() => stop.abort())
  const error = await failureOf(client.request('GET', 'sys/health', { signal: stop.signal }))
  expect(error).toMatchObject({
    code: 'ABORTED',
    message: 'GET /v1/sys/health on vault-1: stopped',
  })
})

test('a refused connection is known not to have reached the node', async () => {
  const address = await serving(createServer())
  const gone = createServer()
  const { port } = await serving(gone)
  gone.close()
  const client = clientOf({ ...address, port })
  const error = await failureOf(client.request('PUT', 'sys/init'))
  expect(error).toMatchObject({ sent: false, code: 'ECONNREFUSED' })
})

test('another token uses the same connections', async () => {
  const tokens: unknown[] = []
  const ports = new Set<number | undefined>()
  const client = await answering((request, response) => {
    tokens.push(request.headers['x-vault-token'])
    ports.add(request.socket.remotePort)
    response.end('{}')
  })
  await client.request('GET', 'a')
  await client.withToken(new Secret('another')).request('GET', 'b')
  expect(tokens).toEqual(['a-token', 'another'])
  expect(ports.size).toBe(1)
})

test('over TLS only the run’s authority and the node’s own name are trusted', async () => {
  const authority = await createAuthority('drill run test')
  const { cert, key } = await authority.issue({
    name: 'vault-1',
    dnsNames: ['vault-1'],
    ips: ['127.0.0.1'],
  })
  const server = createTlsServer({ cert, key: key.reveal() }, (_request, response) => {
    response.end('{"ok":true}')
  })
  const address = await serving(server as never)
  const asNode = (node: string) => {
    const client = new VaultClient({ node, address, tls: { ca: authority.ca, servername: node } })
    onTestFinished(() => client.close())
    return client.request('GET', 'x')
  }
  expect((await asNode('vault-1')).body).toEqual({ ok: true })
  expect(await failureOf(asNode('vault-2'))).toMatchObject({
    sent: false,
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('a download whose connection breaks is a failure, not a short file', async () => {
  const client = await answering((_request, response) => {
    response.writeHead(200)
    response.write('some bytes', () => response.destroy())
  })
  const received: string[] = []
  const call = client.download('x', (chunk) => received.push(chunk.toString()))
  expect(await failureOf(call)).toBeInstanceOf(RequestFailed)
  expect(received.join('')).toBe('some bytes')
})

test('a download whose receiver fails ends with the receiver’s reason', async () => {
  const client = await answering((_request, response) => response.end('some bytes'))
  const call = client.download('x', () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  })
  expect(await failureOf(call)).toMatchObject({
    code: 'ENOSPC',
    message: 'GET /v1/x on vault-1: no space left on device',
  })
})

test('an upload is sent as it is read, with its length', async () => {
  let seen: unknown
  const client = await answering(async (request, response) => {
    let bytes = 0
    for await (const chunk of request) bytes += chunk.length
    seen = { bytes, length: request.headers['content-length'] }
    response.writeHead(204).end()
  })
  const pieces = Array.from({ length: 50 }, () => Buffer.alloc(10_000))
  await client.upload(
    'x',
    { content: Readable.from(pieces), bytes: 500_000 },
    { within: seconds(5) },
  )
  expect(seen).toEqual({ bytes: 500_000, length: '500000' })
})

test('an upload that is refused before it is read gives the reason', async () => {
  const client = await answering((_request, response) => {
    response.writeHead(400).end('{"errors":["could not verify hash file"]}')
  })
  const pieces = Array.from({ length: 200 }, () => Buffer.alloc(100_000))
  const content = Readable.from(pieces)
  const error = await failureOf(client.upload('x', { content, bytes: 20_000_000 }))
  expect(error.message).toContain('answered 400: could not verify hash file')
})
