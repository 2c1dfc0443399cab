import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { clientOf, recorded, replaying, serving } from '../../fixtures/responses/replay.ts'
import {
  auditDevices,
  createToken,
  enableAuth,
  enableFileAudit,
  mountKv,
  writePolicy,
} from './setup.ts'

const rules = 'path "secret/data/a" { capabilities = ["read"] }'

describe.each(['openbao', 'vault'] as const)('in %s', (product) => {
  const setup = (...titles: string[]) => replaying(product, 'setup', ...titles)

  test('a policy is written, and one with an error refused', async () => {
    const client = await setup('policy', 'policy with an error')
    await writePolicy(client, { name: 'tenant-access', rules })
    const call = writePolicy(client, { name: 'tenant-access', rules: 'path "' })
    await expect(call).rejects.toThrow('on vault-1 answered 400: failed to parse policy')
  })

  test('an auth method is enabled under its own name', async () => {
    await expect(enableAuth(await setup('auth method'), 'approle')).resolves.toBeUndefined()
  })

  test('a token comes as a secret', async () => {
    const client = await setup('token')
    const token = await createToken(client, { policies: ['tenant-access'], ttl: '1h' })
    expect(token.reveal()).toBe('recorded-tenant-token')
    expect(`${token}`).toBe('[secret]')
  })

  test('the mount is not tried twice', async () => {
    const call = mountKv(await setup('mount a second time'), { maxVersions: 20 })
    await expect(call).rejects.toThrow('path is already in use at secret/')
  })
})

test('a mount is ready when it takes writes', async () => {
  const upgrading = recorded('openbao', 'setup', 'configure right after the mount').response
  expect(upgrading.status).toBe(400)
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (asked.length !== 2) response.writeHead(204).end()
    else response.writeHead(upgrading.status).end(JSON.stringify(upgrading.body))
  })
  await mountKv(clientOf(await serving(server)), { maxVersions: 20 })
  expect(asked).toEqual([
    'POST /v1/sys/mounts/secret',
    'POST /v1/secret/config',
    'POST /v1/secret/config',
  ])
})

test('Vault takes audit devices by its API and OpenBao does not', async () => {
  const vault = await replaying('vault', 'setup', 'no audit device', 'file audit', 'audit devices')
  expect(await auditDevices(vault)).toEqual([])
  await enableFileAudit(vault, { file: '/recorded/audit.log' })
  expect(await auditDevices(vault)).toEqual(['file/'])
  const openbao = await replaying('openbao', 'setup', 'file audit')
  await expect(enableFileAudit(openbao, { file: '/recorded/audit.log' })).rejects.toThrow(
    'cannot enable audit device via API',
  )
})

test('the environment of the user changes no request', async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('VAULT_TOKEN', 'of-the-user')
  vi.stubEnv('VAULT_NAMESPACE', 'of-the-user')
  vi.stubEnv('VAULT_PREFIX', '/of-the-user')
  vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9')
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push(request.url, request.headers['x-vault-token'], request.headers['x-vault-namespace'])
    response.writeHead(204).end()
  })
  await writePolicy(clientOf(await serving(server)), { name: 'tenant-access', rules })
  expect(seen).toEqual(['/v1/sys/policy/tenant-access', 'a-token', undefined])
})
