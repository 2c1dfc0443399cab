import { expect, test } from 'vitest'
import { wallClockMs } from '../lib/clock.ts'
import { allProcedures } from '../procedure-steps.ts'
import { type Reviews, readReviews, reviewLine, reviewState } from './reviews.ts'

const made: Reviews = { everyDays: 90, reviewed: { backup: '2026-09-01', restore: '2026-08-31' } }
const ON = Date.UTC(2026, 10, 30, 12)

test.each([
  ['reviewed 90 days ago is not stale', ['backup'], { stale: [], never: [] }],
  [
    'reviewed 91 days ago is',
    ['restore'],
    { stale: [{ procedure: 'restore', days: 91 }], never: [] },
  ],
  ['that nobody ever reviewed is named', ['other'], { stale: [], never: ['other'] }],
])('a page %s', (_what, procedures, state) => {
  expect(reviewState(made, procedures, ON)).toEqual(state)
})

test('what is stale and what was never reviewed is one line', () => {
  expect(reviewLine(made, ['backup', 'restore', 'other'], ON)).toBe(
    '3 procedures, to be reviewed every 90 days (RB:729): review is stale of restore (91 days ago); never reviewed: other',
  )
  expect(reviewLine(made, ['backup'], ON)).toContain('every page was reviewed in time')
})

test('a review on record is of a procedure that is there, on a day that has been', async () => {
  const names = (await allProcedures()).map(({ name }) => name)
  const { reviewed, everyDays } = readReviews()
  expect(everyDays).toBe(90)
  expect(Object.keys(reviewed).filter((name) => !names.includes(name))).toEqual([])
  // Or `coverage --fail-on stale-review` would never be green.
  expect(names.filter((name) => reviewed[name] === undefined)).toEqual([])
  const isDay = (day: string) => /^\d{4}-\d\d-\d\d$/.test(day) && Date.parse(day) <= wallClockMs()
  expect(Object.values(reviewed).filter((day) => !isDay(day))).toEqual([])
})
