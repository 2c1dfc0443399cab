import { describe, expect, test } from 'vitest'
import { recorded, replaying } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import { VaultError } from './error.ts'
import { type Product, products } from './product.ts'
import {
  areInForce,
  beginKeyRotation,
  cancelKeyRotation,
  giveShare,
  keyRotation,
  verifyShare,
} from './recovery-keys.ts'

const PRODUCTS = ['openbao', 'vault'] as const
const path = (product: Product) => products[product].recoveryKeysPath
const former = [1, 2, 3].map((n) => new Secret(`recorded-former-share-${n}`))
const fresh = [1, 2, 3].map((n) => new Secret(`recorded-new-share-${n}`))
const threeOf = (what: string) => [1, 2, 3].map((n) => `${what}: share ${n}`)
/** The nonce that was sent with this one. */
const nonceOf = (product: Product, title: string) =>
  (recorded(product, 'keys', title).request.body as { nonce: string }).nonce

describe.each(PRODUCTS)('the recovery keys of %s', (product) => {
  const at = { path: path(product) }

  test.each([
    ['no rotation', { isStarted: false, awaitsVerification: false }],
    ['a rotation is under way', { isStarted: true, required: 3, progress: 0 }],
    ['it waits for the verification', { isStarted: true, awaitsVerification: true }],
  ] as const)('tell that "%s"', async (title, status) => {
    expect(await keyRotation(await replaying(product, 'keys', title), at)).toMatchObject(status)
  })

  test('are rotated by three of the present shares', async () => {
    const titles = ['begin', ...threeOf('rotate')]
    const client = await replaying(product, 'keys', ...titles)
    const nonce = await beginKeyRotation(client, { ...at, shares: 5, threshold: 3 })
    const [first, second, third] = former as [Secret, Secret, Secret]
    expect(await giveShare(client, { ...at, nonce, share: first })).toBeUndefined()
    expect(await giveShare(client, { ...at, nonce, share: second })).toBeUndefined()
    const made = await giveShare(client, { ...at, nonce, share: third })
    expect(made?.shares).toHaveLength(5)
    expect(made?.verification).toBe(nonceOf(product, 'verify: share 1'))
    expect(JSON.stringify(made)).not.toContain('share-')
  })

  test('are in force when three of the new shares were given back', async () => {
    const client = await replaying(product, 'keys', ...threeOf('verify'))
    const nonce = nonceOf(product, 'verify: share 1')
    const answers: boolean[] = []
    for (const share of fresh) answers.push(await verifyShare(client, { ...at, nonce, share }))
    expect(answers).toEqual([false, false, true])
  })

  test('are not rotated twice at once', async () => {
    const client = await replaying(product, 'keys', 'begin a second one')
    const begun = beginKeyRotation(client, { ...at, shares: 5, threshold: 3 })
    await expect(begun).rejects.toThrow(VaultError)
    await expect(begun).rejects.toMatchObject({ status: 400 })
  })

  test('do not take former shares, and the trial leaves no rotation', async () => {
    const client = await replaying(product, 'keys', 'try', ...threeOf('try the former'), 'cancel')
    expect(await areInForce(client, former, at)).toBe(false)
  })

  test('stay as they are when a rotation is cancelled', async () => {
    const client = await replaying(product, 'keys', 'cancel')
    const nonce = nonceOf(product, 'cancel')
    await expect(cancelKeyRotation(client, { ...at, nonce })).resolves.toBeUndefined()
  })
})
