import { describe, expect, test } from 'vitest'
import { levelOf, type VitalsLook, vitalsInWords } from './levelling.ts'
import type { Vitals } from './vitals.ts'

const LEVEL: Vitals = {
  residentMiB: 100,
  heapMiB: 50,
  descriptors: 40,
  raftLogMiB: 32,
  dataMiB: 16,
}
const looks = (change: (i: number) => Partial<Vitals>, applied = 100_000, n = 30) =>
  Array.from(
    { length: n },
    (_, i): VitalsLook => ({
      s: i * 10,
      applied: (applied * i) / (n - 1),
      nodes: { 'vault-1': LEVEL, 'vault-2': { ...LEVEL, ...change(i) } },
    }),
  )

describe('what a node takes', () => {
  test.each([
    ['is level', 'heapMiB', () => ({}), 'level'],
    [
      'is level after it has grown',
      'heapMiB',
      (i: number) => ({ heapMiB: Math.min(90, 10 * i) }),
      'level',
    ],
    [
      'swings and is level',
      'heapMiB',
      (i: number) => ({ heapMiB: i % 2 === 0 ? 50 : 90 }),
      'level',
    ],
    [
      'grows for ever',
      'heapMiB',
      (i: number) => ({ heapMiB: 50 + 5 * i }),
      'grows: vault-2 from 120 to 170',
    ],
    [
      'leaks a connection now and then',
      'descriptors',
      (i: number) => ({ descriptors: 40 + 2 * i }),
      'grows: vault-2 from 68 to 88',
    ],
    ['of its data may grow', 'dataMiB', (i: number) => ({ dataMiB: 16 * i }), 'level'],
    [
      'of its log grows by steps',
      'raftLogMiB',
      (i: number) => ({ raftLogMiB: i < 20 ? 32 : 48 }),
      'level',
    ],
    [
      'of its log grows on',
      'raftLogMiB',
      (i: number) => ({ raftLogMiB: 16 * (i / 3) }),
      'grows: vault-2 from 75 to 128',
    ],
  ] as const)('%s', (_what, of, change, word) => {
    expect(levelOf(looks(change), of)).toBe(word)
  })

  test.each([
    ['a few looks', 'heapMiB', looks(() => ({}), 100_000, 11)],
    ['a log that was never full', 'raftLogMiB', looks(() => ({}), 50_000)],
  ] as const)('cannot be told from %s', (_what, of, few) => {
    expect(levelOf(few, of)).toBeUndefined()
  })
})

test('it is told as it was first, in the middle and last', () => {
  expect(vitalsInWords(looks((i) => ({ descriptors: 40 + i })))[1]).toBe(
    'vault-2 after 0 s, 150 s, 290 s: heap 50 → 50 → 50 MiB, resident 100 → 100 → 100 MiB, 40 → 55 → 69 descriptors, Raft log 32 → 32 → 32 MiB, data 16 → 16 → 16 MiB',
  )
  expect(vitalsInWords([])).toEqual([])
})
