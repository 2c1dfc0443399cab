import { expect, test } from 'vitest'
import { exitCodeOf, worstExit } from './exit-code.ts'

const passed = { verdict: 'passed' } as const
const failed = { verdict: 'failed' } as const
const skipped = { verdict: 'skipped' } as const
const aborted = { verdict: 'aborted' } as const
const vacuous = { verdict: 'inconclusive', cause: 'vacuous' } as const
const infrastructure = { verdict: 'inconclusive', cause: 'infrastructure' } as const

test.each([
  ['all passed', [passed, passed], 0],
  ['one was skipped', [passed, skipped], 0],
  ['all were skipped', [skipped, skipped], 2],
  ['nothing ran', [], 2],
  ['one failed', [passed, vacuous, infrastructure, aborted, failed], 1],
  ['one is inconclusive', [passed, infrastructure, aborted, vacuous], 2],
  ['one was stopped', [passed, infrastructure, aborted], 3],
  ['the infrastructure failed', [passed, infrastructure], 10],
])('when %s, the exit code says so', (_, verdicts, code) => {
  expect(exitCodeOf(verdicts)).toBe(code)
})

test.each([
  [[0, 10, 3, 2, 20, 1], 1],
  [[10, 3, 2, 20], 20],
  [[10, 3, 2], 2],
  [[10, 3], 3],
  [[0, 10], 10],
  [[0, 64], 64],
  [[], 0],
])('of %j the worst is %i', (codes, worst) => {
  expect(worstExit(codes)).toBe(worst)
})
