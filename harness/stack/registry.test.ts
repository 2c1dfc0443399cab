import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { hintFor, probeRegistry, publicReference, RegistrySilent } from './registry.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function answering(status: number): Promise<{ registry: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end()
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { registry: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test.each([200, 401])('a registry that answers %i is there', async (status) => {
  const { registry } = await answering(status)
  await expect(probeRegistry(registry)).resolves.toBeUndefined()
})

test('a registry is asked once, whatever number of components want it', async () => {
  const { registry, asked } = await answering(401)
  await Promise.all([probeRegistry(registry), probeRegistry(registry), probeRegistry(registry)])
  expect(asked).toEqual(['/v2/'])
})

test('something else that listens there is no registry', async () => {
  const { registry } = await answering(404)
  await expect(probeRegistry(registry)).rejects.toThrow(RegistrySilent)
  await expect(probeRegistry(registry)).rejects.toThrow(
    `no container registry answers at ${registry}: status 404`,
  )
})

test('a registry that is not there is told with what was seen', async () => {
  await expect(probeRegistry('127.0.0.1:1')).rejects.toThrow(
    'no container registry answers at 127.0.0.1:1: ',
  )
})

test.each([
  ['unauthorized: authentication required', 'set DRILL_REGISTRY_USER'],
  ['no basic auth credentials', 'docker login r.example'],
  ['x509: certificate signed by unknown authority', '/etc/docker/certs.d/r.example/ca.crt'],
  ['dial tcp: lookup r.example: no such host', 'give dockerd HTTP_PROXY'],
  ['net/http: request canceled (Client.Timeout exceeded)', 'give dockerd HTTP_PROXY'],
  ['manifest unknown: manifest unknown', 'the registry does not have it'],
])('"%s" comes with what to set', (seen, hint) => {
  expect(hintFor(seen, 'r.example')).toContain(hint)
})

test.each([
  [undefined, { registry: 'ghcr.io', repository: 'shopify/toxiproxy', tag: '2' }],
  ['r.example/m', { registry: 'r.example', repository: 'm/shopify/toxiproxy', tag: '2' }],
])('with the prefix %s the public image is %o', (prefix, reference) => {
  const settings = { prefix, dockerConfig: '/nonexistent' }
  expect(publicReference('ghcr.io/shopify/toxiproxy', '2', settings)).toEqual(reference)
})
