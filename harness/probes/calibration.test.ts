import { describe, expect, test } from 'vitest'
import { NS_PER_MS } from '../lib/clock.ts'
import { calibrationErrors, outagesOf } from './calibration.ts'

/** `+` good and `-` bad, one every 5 ms; each answer takes 1 ms. */
const samples = (row: string) =>
  [...row].map((mark, slot) => ({
    call: slot * 5 * NS_PER_MS,
    ret: (slot * 5 + 1) * NS_PER_MS,
    ok: mark === '+',
  }))

const outage = (fromMs: number, untilMs: number) => ({
  from: fromMs * NS_PER_MS,
  until: untilMs * NS_PER_MS,
})

describe('the outages that a row of samples shows', () => {
  test.each([
    ['none', '++++', []],
    ['one', '++--+', [[10, 15, 21]]],
    [
      'two',
      '+-+---+',
      [
        [5, 5, 11],
        [15, 25, 31],
      ],
    ],
    ['one from the start', '--+', [[0, 5, 11]]],
    ['none that did not end', '++--', []],
  ] as const)('are %s', (_title, row, expected) => {
    const found = outagesOf(samples(row)).map(({ firstBad, lastBad, firstGood }) =>
      [firstBad, lastBad, firstGood].map((stamp) => stamp / NS_PER_MS),
    )
    expect(found).toEqual(expected)
  })

  test('are found by send times, in whatever order the answers came', () => {
    const shuffled = samples('++--+').toSorted((a, b) => b.ret - a.ret)
    expect(outagesOf(shuffled)).toEqual(outagesOf(samples('++--+')))
  })
})

describe('the error of a calibration', () => {
  test.each([
    ['of the start', [outage(7, 21)], '++--+', [3]],
    ['of the end, when that is larger', [outage(9, 16)], '++--+', [5]],
    ['of each flip', [outage(10, 21), outage(38, 52)], '++--+++---+', [0, 3]],
    ['of an outage that was not seen: all of it', [outage(11, 14)], '++++', [3]],
    ['of one flip unseen among others', [outage(10, 21), outage(26, 29)], '++--++++', [0, 3]],
  ] as const)('is that %s', (_title, truth, row, expected) => {
    expect(calibrationErrors(truth, outagesOf(samples(row)))).toEqual(expected)
  })
})
