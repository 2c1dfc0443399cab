import { expect, test } from 'vitest'
import { wallClockMs } from '../lib/clock.ts'
import { allProcedures } from '../procedure-steps.ts'
import {
  NotReviewable,
  pageDigest,
  type Reviews,
  readReviews,
  reviewLine,
  reviewState,
  withReviews,
} from './reviews.ts'

const made: Reviews = {
  everyDays: 90,
  source: 'RB:729',
  reviewed: {
    backup: { on: '2026-09-01', page: 'as it was' },
    restore: { on: '2026-08-31', page: 'as it was' },
  },
}
const ON = Date.UTC(2026, 10, 30, 12)
const stateOf = (procedures: readonly string[], page = 'as it was') =>
  reviewState(made, procedures, ON, () => page)

test.each([
  ['reviewed 90 days ago is not stale', ['backup'], {}],
  ['reviewed 91 days ago is', ['restore'], { stale: [{ procedure: 'restore', days: 91 }] }],
  ['that nobody ever reviewed is named', ['other'], { never: ['other'] }],
])('a page %s', (_what, procedures, state) => {
  expect(stateOf(procedures)).toEqual({ stale: [], changed: [], never: [], ...state })
})

test('a page that was changed the day after its review, or removed, is not reviewed', () => {
  expect(stateOf(['backup'], 'another').changed).toEqual(['backup'])
  expect(reviewState(made, ['backup'], ON, () => undefined).changed).toEqual(['backup'])
})

test('what is stale, changed and never reviewed is one line', () => {
  const all = ['backup', 'restore', 'other']
  expect(reviewLine(made, all, stateOf(all))).toBe(
    '3 procedures, to be reviewed every 90 days (RB:729): review is stale of restore (91 days ago); never reviewed: other',
  )
  expect(reviewLine(made, ['backup'], stateOf(['backup'], 'another'))).toContain(
    'changed since its review: backup',
  )
  expect(reviewLine(made, ['backup'], stateOf(['backup']))).toContain('every page was reviewed')
})

test('a review is recorded with the day that somebody says and the page as it is', () => {
  const { reviewed } = withReviews(made, ['backup'], '2026-11-29', ON)
  expect(reviewed.backup).toEqual({ on: '2026-11-29', page: pageDigest('backup') })
  expect(reviewed.restore).toEqual(made.reviewed.restore)
})

test.each([
  ['tomorrow', ['backup'], '2026-12-01'],
  ['some day', ['backup'], 'today'],
  ['a day that no year has', ['backup'], '2026-02-30'],
  ['a page that is not there', ['restore'], '2026-11-29'],
])('no review of %s is recorded', (_what, procedures, day) => {
  expect(() => withReviews(made, procedures, day, ON)).toThrow(NotReviewable)
})

test('a review on record is of a procedure that is there, on a day that has been', async () => {
  const names = (await allProcedures()).map(({ name }) => name)
  const { reviewed, everyDays } = readReviews()
  expect(everyDays).toBe(90)
  expect(Object.keys(reviewed).filter((name) => !names.includes(name))).toEqual([])
  // Or `coverage --fail-on stale-review` would never be green.
  expect(names.filter((name) => reviewed[name] === undefined)).toEqual([])
  const isDay = (day: string) => /^\d{4}-\d\d-\d\d$/.test(day) && Date.parse(day) <= wallClockMs()
  expect(Object.values(reviewed).filter(({ on }) => !isDay(on))).toEqual([])
})

test('every page is the one that was reviewed', async () => {
  const names = (await allProcedures()).map(({ name }) => name)
  const { changed } = reviewState(readReviews(), names, wallClockMs())
  const say =
    'read it as the one on call would, then ./drill coverage --reviewed <procedure> --on <day>'
  expect(changed, say).toEqual([])
})
