import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientOf, replaying, serving } from '../../fixtures/responses/replay.ts'
import { describeHealth, readHealth } from './health.ts'
import { products } from './product.ts'

describe.each(['openbao', 'vault'] as const)('a node of %s', (product) => {
  test.each([
    ['uninitialized', 501, 'uninitialized'],
    ['leader', 200, 'leader'],
    ['standby', 429, 'standby'],
    ['sealed', 503, 'sealed'],
  ] as const)('is %s when it answers %i', async (title, status, state) => {
    const client = await replaying(product, 'health', title)
    expect(await readHealth(client)).toMatchObject({ node: 'vault-1', status, state })
    expect(products[product].healthCodes).toContain(status)
  })

  test('tells its cluster and version when it is unsealed', async () => {
    const health = await readHealth(await replaying(product, 'health', 'leader'))
    expect(health.clusterId).toMatch(/^[0-9a-f-]{36}$/)
    expect(health.version).toMatch(/^\d+\.\d+\.\d+/)
  })
})

test.each([
  ['removed', 530, 'removed'],
  ['standby without leader', 474, 'standby without leader'],
] as const)('a node of Vault is %s when it answers %i', async (title, status, state) => {
  const client = await replaying('vault', 'health', title)
  expect(await readHealth(client)).toMatchObject({ status, state })
  expect(products.openbao.healthCodes).not.toContain(status)
})

test.each([
  [472, 'disaster recovery secondary'],
  [473, 'performance standby'],
  [500, 'failing'],
  [502, 'failing'],
])('a status of %i, which no recorded server gives, means %s', async (status, state) => {
  const server = createServer((_request, response) => response.writeHead(status).end('<html>'))
  expect(await readHealth(clientOf(await serving(server)))).toMatchObject({ status, state })
})

test('a health is described in words and by its status', async () => {
  const health = await readHealth(await replaying('openbao', 'health', 'sealed'))
  expect(describeHealth(health)).toBe('vault-1 is sealed (503)')
})
