import { describe, expect, test } from 'vitest'
import { finalFrom, linesOf } from './made-lines.ts'
import { problemOf } from './problem.ts'
import { search } from './search.ts'
import { checkVersions } from './versions.ts'

describe('the versions of a register show', () => {
  test.each<[found: string, title: string, lines: string, final: string]>([
    ['', 'one after the other', '1-2 w a 1; 3-4 r a 1; 5-6 w b 2; 7-8 r b 2', 'a b'],
    ['', 'writes at once, in either order', '1-9 w a 2; 1-9 w b 1; 10-11 r a 2', 'b a'],
    ['', 'an unknown write that was applied', '1-2 w a 1; 3-∞ w b ?; 5-6 r a 1; 7-8 r b 2', 'a b'],
    ['', 'an unknown write that was not', '1-2 w a 1; 3-∞ w b ?; 5-6 w c 2', 'a c'],
    ['', 'a refused write that is not there', '1-2 w a 1; 3-4 w b no', 'a'],
    ['', 'a tie', '1-2 w a 1; 2-3 w b 2; 1-2 r b 2', 'a b'],
    ['', 'nothing', '', ''],
    [
      'A1 duplicate-version',
      'two acknowledgements of one',
      '1-2 w a 1; 3-4 w b 2; 5-6 w c 2',
      'a b c',
    ],
    [
      'A1 duplicate-version',
      'a read of another value',
      '1-2 w a 1; 3-4 w b 2; 5-∞ w c ?; 6-7 r c 2',
      'a b',
    ],
    [
      'A1 duplicate-apply',
      'an unknown write at two places',
      '1-2 w a 1; 3-∞ w b ?; 5-6 w c 4',
      'a b b c',
    ],
    ['A1 wrong-version', 'an acknowledgement of another', '1-2 w a 1; 3-4 w b 3', 'a b'],
    ['A1 version-gap', 'one that is not listed', '1-2 w a 1; 3-∞ w b ?; 5-6 w c 3', 'a . c'],
    ['A1 foreign-value', 'a value in the read-out', '1-2 w a 1', 'a x'],
    ['A1 foreign-value', 'a value that was read', '1-2 w a 1; 3-4 r x 1', 'a'],
    ['A1 foreign-version', 'one more than anybody can have written', '1-2 w a 1', 'a ?'],
    ['A2 stale-read', 'a read', '1-2 w a 1; 3-4 w b 2; 5-6 r a 1', 'a b'],
    ['A2 stale-read', 'a read after a read', '1-2 w a 1; 3-9 w b 2; 4-5 r b 2; 6-7 r a 1', 'a b'],
    ['A2 stale-read', 'nothing where something was', '1-2 w a 1; 3-4 r none', 'a'],
    ['A2 version-order', 'a write', '1-2 w a 2; 3-4 w b 1', 'b a'],
    ['A3 future-read', 'a read', '1-2 r a 1; 3-4 w a 1', 'a'],
    ['A4 cas-anomaly', 'a conditional write', '1-2 w a 1; 3-4 w b 2 cas 0', 'a b'],
    ['A4 cas-anomaly', 'an unknown one that was applied', '1-2 w a 1; 3-∞ w b ? cas 0', 'a b'],
    ['A4 cas-anomaly', 'a refusal of the right version', '1-2 w a 1; 3-4 w b casfail cas 1', 'a'],
    ['A4 cas-anomaly', 'a refusal before the first write', '1-2 w b casfail cas 0; 3-4 w a 1', 'a'],
    ['', 'a refusal while another writes', '1-2 w a 1; 3-9 w c 2; 4-5 w b casfail cas 1', 'a c'],
    ['', 'a refusal by an unknown write', '1-2 w a 1; 3-∞ w c ?; 4-5 w b casfail cas 1', 'a c'],
    [
      'A4 cas-anomaly',
      'a refusal by what comes, before a refusal by what was',
      '1-2 w a 1; 3-19 w c 2; 4-5 w b casfail cas 1; 6-7 w d casfail cas 2',
      'a c',
    ],
    ['A5 lost-acknowledged-write', 'the last one', '1-2 w a 1; 3-4 w b 2', 'a'],
    ['A5 lost-acknowledged-write', 'everything', '1-2 w a 1', ''],
    [
      'A5 lost-acknowledged-write',
      'one that another took',
      '1-2 w a 1; 3-∞ w x ?; 5-6 w b 2',
      'a x',
    ],
    ['A5 observed-write-lost', 'one that was read', '1-2 w a 1; 3-∞ w x ?; 4-5 r x 2', 'a'],
    ['A5 refused-write-visible', 'a refused one', '1-2 w a 1; 3-4 w b no', 'a b'],
    ['A5 refused-write-visible', 'one that lost a race', '1-2 w a 1; 3-4 w b casfail cas 0', 'a b'],
    ['R deleted-by-nobody', 'a delete in the read-out', '1-2 w a 1', '-'],
    ['R deleted-by-nobody', 'a delete that was read', '1-2 w a 1; 3-4 r deleted 1', 'a'],
  ])('%s: %s', (found, _title, lines, final) => {
    const { register } = linesOf(lines)
    const { violations, isExact } = checkVersions(register, finalFrom(final))
    const names = violations.map(({ rule, name }) => `${rule} ${name}`)
    expect(names).toEqual(found === '' ? [] : expect.arrayContaining([found]))
    // The other checker shares no rule with this one.
    const { verdict } = search(problemOf(register, { final: finalFrom(final) }))
    expect(isExact || violations.length > 0).toBe(true)
    expect(verdict).toBe(found === '' ? 'valid' : 'violated')
  })

  test('which operations contradict each other, in words', () => {
    const { register } = linesOf('1-2 w a 1; 3-4 w b 2; 5-6 r a 1')
    expect(checkVersions(register, finalFrom('a b')).violations).toEqual([
      {
        rule: 'A2',
        name: 'stale-read',
        key: register.key,
        ops: [2, 3],
        because:
          'operation 3: it read version 1; version 2 was known from operation 2 before it began',
      },
    ])
  })
})

describe('the versions are not exact', () => {
  test.each([
    ['where something is deleted', '1-2 w a 1; 3-4 d', '-'],
    ['where an unknown delete may be', '1-2 w a 1; 3-∞ d ?', 'a'],
    ['where nobody read whose a version is', '1-2 w a 1; 3-∞ w b ?', 'a ?'],
  ])('%s', (_title, lines, final) => {
    const { register } = linesOf(lines)
    expect(checkVersions(register, finalFrom(final))).toEqual({ violations: [], isExact: false })
  })

  test('and a read then tells whose it is', () => {
    const { register } = linesOf('1-2 w a 1; 3-∞ w b ?; 4-5 r b 2; 6-7 d; 8-9 r b 1')
    const { violations } = checkVersions(register, finalFrom('a -'))
    expect(violations.map(({ name }) => name)).toContain('duplicate-version')
  })
})
