import { describe, expect, test } from 'vitest'
import { type CutInput, cutOf } from './cut.ts'

const SNAPSHOT = { call: 40, ret: 50 }
const RESTORE = { call: 80, ret: 90 }

/** `1-2 +`: acknowledged and recovered, `-` lost, `?` unanswered and recovered. */
function writesOf(text: string): CutInput['writes'] {
  return text.split('; ').map((line) => {
    const [span = '', fate] = line.split(' ')
    const [call = 0, ret = 0] = span.split('-').map(Number)
    return { call, ret, acknowledged: fate !== '?', recovered: fate !== '-' }
  })
}

describe('a restored snapshot', () => {
  test.each<[string, string, number, number, string[]]>([
    ['is of an instant', '10-11 +; 42-43 +; 46-47 -; 60-61 -', 42, 47, []],
    ['is of an instant in the snapshot', '10-11 +; 60-61 -', 40, 50, []],
    ['may be before or after a write during it', '10-11 +; 39-60 +', 40, 50, []],
    ['is not moved by what nobody answered', '10-11 +; 70-71 ?', 40, 50, []],
    ['is not moved by what waited for the restore', '10-11 +; 79-95 +; 60-61 -', 40, 50, []],
    ['is not moved by what ended as it began', '10-11 +; 70-80 +; 60-61 -', 40, 50, []],
    ['is not moved by what came after it', '10-11 +; 100-101 +; 60-61 -', 40, 50, []],
    ['is older', '10-11 +; 20-21 -', 40, 21, ['acknowledged before the snapshot and lost']],
    ['is newer', '10-11 +; 60-61 +', 60, 50, ['written after the snapshot and present']],
    ['is of two instants', '42-43 -; 46-47 +', 46, 43, ['inconsistent cut']],
    [
      'is of one instant in time, and of none in a tie that is none',
      '42-46 -; 46-47 +',
      46,
      46,
      [],
    ],
    [
      'did not keep what came after it',
      '10-11 +; 100-101 -',
      40,
      50,
      ['acknowledged after the restore and lost'],
    ],
  ])('%s', (_title, text, lo, hi, reasons) => {
    const cut = cutOf({ writes: writesOf(text), snapshot: SNAPSHOT, restore: RESTORE })
    expect([cut.lo, cut.hi, cut.reasons]).toEqual([lo, hi, reasons])
    expect(cut.isConsistent).toBe(lo <= hi)
  })
})

describe('without a restore', () => {
  test('nothing is lost: the recovery point is the end', () => {
    const cut = cutOf({ writes: writesOf('1-2 +; 3-4 +') })
    expect([cut.lastRecovered, cut.firstLost, cut.lost]).toEqual([3, Number.POSITIVE_INFINITY, 0])
  })

  test('a lost end is a cut', () => {
    const cut = cutOf({ writes: writesOf('1-2 +; 3-4 -; 5-6 -') })
    expect(cut).toMatchObject({ lo: 1, hi: 4, lost: 2, isConsistent: true, reasons: [] })
  })

  test('a hole is none', () => {
    const cut = cutOf({ writes: writesOf('1-2 +; 3-4 -; 5-6 +') })
    expect(cut).toMatchObject({ isConsistent: false, reasons: ['inconsistent cut'] })
  })

  test('everything is lost', () => {
    const cut = cutOf({ writes: writesOf('1-2 -; 3-4 -') })
    expect(cut).toMatchObject({ lo: Number.NEGATIVE_INFINITY, hi: 2, lost: 2 })
  })
})
