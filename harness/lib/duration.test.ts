import { describe, expect, test } from 'vitest'
import { BadDuration, formatDuration, hours, minutes, parseDuration, seconds } from './duration.ts'

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['4h', 14_400_000],
    [' 10s ', 10_000],
    ['0ms', 0],
  ])('is read from "%s"', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ms })
  })

  test.each(['5', '', 's', '-5s', '5 s', '5sec', '1h30m', '5S', '1e3s', '.5s'])(
    'is not read from "%s"',
    (text) => {
      expect(() => parseDuration(text)).toThrow(BadDuration)
    },
  )

  test('that is none is refused with the way to write one', () => {
    expect(() => parseDuration('5')).toThrow(
      '"5" is not a duration; write a number and a unit, such as 500ms, 5s, 15m or 4h',
    )
  })

  test.each([
    [{ ms: 0.4 }, '0 ms'],
    [{ ms: 999 }, '999 ms'],
    [{ ms: 1_943 }, '1.94 s'],
    [seconds(12), '12.0 s'],
    [minutes(2), '2 min'],
    [seconds(150), '2 min 30 s'],
    [hours(1), '60 min'],
  ])('of %o is shown as %s', (duration, text) => {
    expect(formatDuration(duration)).toBe(text)
  })

  test.each([
    [{ ms: 999.6 }, '1.00 s'],
    [{ ms: 59_960 }, '1 min'],
    [{ ms: 119_700 }, '2 min'],
    [{ ms: 9_999 }, '10.0 s'],
  ])('of %o does not show a full unit of the smaller kind', (duration, text) => {
    expect(formatDuration(duration)).toBe(text)
  })
})
