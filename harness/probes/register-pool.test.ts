import { describe, expect, test } from 'vitest'
import { Seed } from '../lib/seed.ts'
import {
  OPERATIONS_PER_REGISTER,
  type RegisterClass,
  RegisterPool,
  WRITES_PER_REGISTER,
} from './register-pool.ts'

const pool = () => new RegisterPool('rpo/7f3a/register/t1', new Seed('7f3a'))

/** How many operations a register takes until another one takes its place. */
function lifeOf(kind: RegisterClass, at: number, isWrite: boolean): number {
  const registers = pool()
  const first = registers.pick(kind, at)
  let life = 0
  while (registers.pick(kind, at) === first) {
    registers.count(first, isWrite)
    life++
  }
  return life
}

describe('the registers of a group', () => {
  test('are one hot one, four warm ones and one that may be deleted', () => {
    const registers = pool()
    const keys = (kind: RegisterClass) =>
      new Set([0, 0.25, 0.5, 0.75, 0.99].map((fraction) => registers.pick(kind, fraction).key))
    const prefix = 'rpo/7f3a/register/t1'
    expect([...keys('hot')]).toEqual([`${prefix}/hot-1`])
    expect([...keys('warm')]).toEqual([1, 2, 3, 4].map((n) => `${prefix}/warm-${n}`))
    expect([...keys('deletable')]).toEqual([`${prefix}/deletable-1`])
  })

  test('are retired by the count of their operations, not all at the same one', () => {
    const lives = [0, 0.25, 0.5, 0.75].map((at) => lifeOf('warm', at, false))
    for (const life of lives) {
      expect(life).toBeGreaterThanOrEqual(0.9 * OPERATIONS_PER_REGISTER)
      expect(life).toBeLessThanOrEqual(OPERATIONS_PER_REGISTER)
    }
    expect(new Set(lives).size).toBeGreaterThan(1)
  })

  test('are retired earlier when they were written too often', () => {
    const life = lifeOf('hot', 0, true)
    expect(life).toBeGreaterThanOrEqual(0.9 * WRITES_PER_REGISTER)
    expect(life).toBeLessThanOrEqual(WRITES_PER_REGISTER)
  })

  test('are followed by new ones, and the others stay', () => {
    const registers = pool()
    const used = registers.pick('warm', 0.3)
    while (registers.pick('warm', 0.3) === used) registers.count(used, false)
    registers.count(used, false) // a read that somebody still owed
    const keys = [0, 0.3, 0.5, 0.75].map((at) => registers.pick('warm', at).key.split('/').at(-1))
    expect(keys).toEqual(['warm-1', 'warm-5', 'warm-3', 'warm-4'])
  })
})
