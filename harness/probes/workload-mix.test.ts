import { describe, expect, test } from 'vitest'
import { Seed } from '../lib/seed.ts'
import { classAt, isStaleAt, whatAt } from './workload-mix.ts'

const seed = new Seed('7f3a')
const SLOTS = 5_000

describe('what the clients do', () => {
  test('is half reads, and the rest as it was aimed at', () => {
    const counts = { read: 0, write: 0, cas: 0, delete: 0 }
    for (let slot = 0; slot < SLOTS; slot++) {
      const kind = classAt({ seed, tenant: 't1', slot })
      for (const client of [0, 1]) counts[whatAt({ seed, client, slot }, kind)]++
    }
    const share = (count: number) => count / (2 * SLOTS)
    expect(share(counts.read)).toBeCloseTo(0.5, 1.3)
    expect(share(counts.write)).toBeCloseTo(0.35, 1.3)
    expect(share(counts.cas)).toBeCloseTo(0.1, 1.6)
    expect(share(counts.delete)).toBeCloseTo(0.05, 1.6)
  })

  test('is a delete only where deletes are allowed', () => {
    const of = (kind: 'hot' | 'warm' | 'deletable') =>
      new Set(Array.from({ length: 2_000 }, (_, slot) => whatAt({ seed, client: 3, slot }, kind)))
    expect([...of('hot')].toSorted()).toEqual(['cas', 'read', 'write'])
    expect([...of('warm')].toSorted()).toEqual(['cas', 'read', 'write'])
    expect([...of('deletable')].toSorted()).toEqual(['cas', 'delete', 'read', 'write'])
  })

  test('is the same again for the same seed, and another for another client or seed', () => {
    const of = (text: string, client: number) =>
      Array.from({ length: 50 }, (_, slot) =>
        whatAt({ seed: new Seed(text), client, slot }, 'deletable'),
      ).join()
    expect(of('7f3a', 1)).toBe(of('7f3a', 1))
    expect(of('7f3a', 1)).not.toBe(of('7f3a', 2))
    expect(of('7f3a', 1)).not.toBe(of('7f3b', 1))
  })

  test('expects an old version now and then', () => {
    const stale = Array.from({ length: 2_000 }, (_, slot) => isStaleAt({ seed, client: 0, slot }))
    expect(stale.filter(Boolean).length / 2_000).toBeCloseTo(0.2, 1.3)
  })
})
