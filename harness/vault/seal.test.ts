import { describe, expect, test } from 'vitest'
import { replaying } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import { seal, sealStatus, unseal } from './seal.ts'

describe.each([
  ['openbao', 'static'],
  ['vault', 'transit'],
] as const)('a node of %s', (product, type) => {
  test.each([
    ['uninitialized', { initialized: false, sealed: true, type }],
    ['unsealed', { initialized: true, sealed: false, type, storageType: 'raft' }],
    ['sealed', { initialized: true, sealed: true, type }],
  ] as const)('tells that it is %s', async (title, status) => {
    expect(await sealStatus(await replaying(product, 'seal', title))).toMatchObject(status)
  })

  test('is sealed by a call without an answer', async () => {
    await expect(seal(await replaying(product, 'seal', 'seal'))).resolves.toBeUndefined()
  })

  test('opens with the recovery key while its auto seal is reachable', async () => {
    const client = await replaying(product, 'seal', 'unseal with the recovery key')
    const status = await unseal(client, new Secret('recorded-recovery-key'))
    expect(status).toMatchObject({ sealed: false })
  })

  test('refuses a wrong key', async () => {
    const client = await replaying(product, 'seal', 'unseal with a wrong key')
    await expect(unseal(client, new Secret('d3Jvbmc='))).rejects.toMatchObject({ status: 400 })
  })
})

test('a standby of Vault refuses to be sealed', async () => {
  const client = await replaying('vault', 'seal', 'seal a standby')
  await expect(seal(client)).rejects.toThrow('vault cannot seal when in standby mode')
})

test('a standby of OpenBao seals itself', async () => {
  const client = await replaying('openbao', 'seal', 'seal a standby')
  await expect(seal(client)).resolves.toBeUndefined()
})
