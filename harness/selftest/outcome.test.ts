import { expect, test } from 'vitest'
import { outcomeOf, trialOfRealRun } from './outcome.ts'

const named = ['no-outage', 'error']

const outcome = (verdict: Parameters<typeof trialOfRealRun>[0]): string =>
  outcomeOf({ id: 'M05', title: 'a defect', level: 'L2', named }, [trialOfRealRun(verdict, named)])
    .outcome

test.each([
  ['caught', 'a clean run missed an objective', 'failed', undefined, ['no-outage']],
  ['caught', 'nothing was put to the test', 'inconclusive', 'assumption', ['error']],
  [
    'caught',
    'a named detector rang before it broke off',
    'inconclusive',
    'infrastructure',
    ['no-outage', 'error'],
  ],
  ['uncaught', 'the harness broke off', 'inconclusive', 'infrastructure', ['error', 'recorder']],
  ['uncaught', 'it passed', 'passed', undefined, []],
] as const)('a defect of a real run is %s when %s', (word, _when, verdict, cause, detected) => {
  const of = { verdict, why: 'so', detected, ...(cause === undefined ? {} : { cause }) }
  expect(outcome(of)).toBe(word)
})
