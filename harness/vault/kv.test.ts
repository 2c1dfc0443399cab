import { describe, expect, test } from 'vitest'
import { replaying } from '../../fixtures/responses/replay.ts'
import {
  destroySecret,
  listSecrets,
  purgeSecret,
  readSecret,
  readSecretMetadata,
  softDeleteSecret,
  undeleteSecret,
  writeSecret,
} from './kv.ts'

const path = 'tenants/t-1/key'
const data = { key: 'k', secret: 's' }

describe.each(['openbao', 'vault'] as const)('in %s', (product) => {
  const kv = (...titles: string[]) => replaying(product, 'kv', ...titles)

  test('a write gives the number of its version', async () => {
    expect(await writeSecret(await kv('write'), path, data, { cas: 0 })).toEqual({ version: 1 })
  })

  test('a write for a path without versions is refused when it has one', async () => {
    const call = writeSecret(await kv('write that exists already'), path, data, { cas: 0 })
    await expect(call).rejects.toThrow('check-and-set parameter did not match')
  })

  test('the newest version is read unless another is asked for', async () => {
    const client = await kv('read', 'read of the first version')
    expect(await readSecret(client, path)).toMatchObject({
      state: 'present',
      version: 2,
      data: { key: 'k2' },
    })
    expect(await readSecret(client, path, { version: 1 })).toMatchObject({ version: 1, data })
  })

  test.each([
    ['read of a soft-deleted secret', { state: 'soft-deleted', version: 2 }],
    ['read of a destroyed secret', { state: 'destroyed', version: 2 }],
    ['read of an absent secret', { state: 'absent' }],
  ])('a %s tells which kind of nothing there is', async (title, expected) => {
    expect(await readSecret(await kv(title), path)).toMatchObject(expected)
  })

  test('nothing mounted is not an absent secret', async () => {
    const call = readSecret(await kv('read where nothing is mounted'), path)
    await expect(call).rejects.toThrow('no handler for route')
  })

  test('a wrong token is not an absent secret', async () => {
    const call = readSecret(await kv('read with a wrong token'), path)
    await expect(call).rejects.toMatchObject({ status: 403 })
  })

  test('a version is soft-deleted, undeleted, destroyed and purged by four different calls', async () => {
    const client = await kv('soft-delete', 'undelete', 'destroy', 'purge')
    await softDeleteSecret(client, path)
    await undeleteSecret(client, path, { versions: [2] })
    await destroySecret(client, path, { versions: [2] })
    await purgeSecret(client, path)
  })

  test('the metadata tells the state of every version', async () => {
    const client = await kv('metadata', 'metadata of an absent secret')
    expect(await readSecretMetadata(client, path)).toMatchObject({
      currentVersion: 2,
      versions: [
        { version: 1, state: 'present' },
        { version: 2, state: 'destroyed' },
      ],
    })
    expect(await readSecretMetadata(client, path)).toBeUndefined()
  })

  test('a list shows what is below a path, and nothing where there is nothing', async () => {
    const client = await kv('list', 'list of nothing')
    expect(await listSecrets(client, 'tenants')).toEqual(['t-1/'])
    expect(await listSecrets(client, 'tenants')).toEqual([])
  })
})

test('a write without a leader is not acknowledged', async () => {
  const openbao = await replaying('openbao', 'kv', 'write without a leader')
  await expect(writeSecret(openbao, 'a', { n: 1 })).rejects.toMatchObject({ status: 500 })
  const vault = await replaying('vault', 'kv', 'write without a leader')
  await expect(writeSecret(vault, 'a', { n: 1 })).rejects.toMatchObject({ status: 307 })
})
