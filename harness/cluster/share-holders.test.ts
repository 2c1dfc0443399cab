import { expect, test } from 'vitest'
import { Secret } from '../lib/secret.ts'
import { Refusal } from './refusal.ts'
import { ShareHolders } from './share-holders.ts'

const five = (name: string) => [1, 2, 3, 4, 5].map((n) => new Secret(`${name}-${n}`))
const revealed = (shares: readonly Secret[]) => shares.map((share) => share.reveal())

test('three of five are opened by those who are there', async () => {
  const holders = await ShareHolders.of(five('share'))
  holders.leave(1, 4)
  expect(revealed(await holders.open(3))).toEqual(['share-2', 'share-3', 'share-5'])
})

test('with three absent nobody opens enough of them', async () => {
  const holders = await ShareHolders.of(five('share'))
  holders.leave(1, 2, 3)
  const opened = holders.open(3)
  await expect(opened).rejects.toThrow(Refusal)
  await expect(opened).rejects.toThrow('2 (absent: holder-1, holder-2, holder-3)')
})

test('after a rotation each of them has a new one', async () => {
  const holders = await ShareHolders.of(five('former'))
  await holders.renew(five('new'))
  expect(revealed(await holders.open(2))).toEqual(['new-1', 'new-2'])
})
