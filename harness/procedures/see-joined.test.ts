import { expect, test } from 'vitest'
import type { Node } from '../cluster/node.ts'
import type { Operator } from '../cluster/operator.ts'
import { seeJoined, tellJoined } from './see-joined.ts'

/** An operator whose joins come to this, and what it did to the node. */
function operatorSeeing(outcomes: readonly ('joined' | 'removed')[]) {
  const did: string[] = []
  const left = [...outcomes]
  const operator = {
    seesJoinDecided: async () => left.shift(),
    renewMachine: async () => did.push('renew'),
    raft: { remove: async () => did.push('remove'), join: async () => did.push('join') },
  } as unknown as Operator
  return { operator, did }
}

const node = { name: 'vault-2' } as Node
const ONCE_MORE = ['remove', 'renew', 'join']

test('a node that joins is left alone', async () => {
  const { operator, did } = operatorSeeing(['joined'])
  expect(tellJoined(await seeJoined(operator, node))).toBe('it joined at once')
  expect(did).toEqual([])
})

test('a node that takes itself out is wiped and joined once more', async () => {
  const { operator, did } = operatorSeeing(['removed', 'joined'])
  expect(tellJoined(await seeJoined(operator, node))).toContain('took itself out 1 times (530)')
  expect(did).toEqual(ONCE_MORE)
})

test('a node that takes itself out time after time is given up', async () => {
  const { operator, did } = operatorSeeing(['removed', 'removed', 'removed'])
  await expect(seeJoined(operator, node)).rejects.toThrow('vault-2 took itself out')
  expect(did).toEqual([...ONCE_MORE, ...ONCE_MORE])
})
