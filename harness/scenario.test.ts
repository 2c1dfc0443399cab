import { expect, test } from 'vitest'
import { suite } from './catalogue.ts'
import { minutes, seconds } from './lib/duration.ts'
import { scenario } from './scenario.ts'
import { expectedBy, lengthsOf, loadOf, suitesOf, suitesOfAll } from './variant.ts'

const body = async () => {}
const planned = scenario(
  'A load of some length',
  {
    id: 'XX1',
    source: '-',
    hypothesis: 'none',
    suites: (variant) => (variant === 'long' ? ['soak'] : ['smoke', 'nightly']),
    load: (variant) => (variant === 'long' ? 'steady' : 'none'),
    leaves: 'healthy',
    objectives: () => [],
    expects: (variant) => (variant === 'long' ? [{ missed: 'slo', because: 'p99' }] : []),
    lengths: (suite) => ({ load: suite === 'smoke' ? seconds(30) : minutes(5) }),
    deadline: minutes(6),
  },
  { short: body, long: body },
)

test('a length is the one that was asked for, else the one of the suite, else its own', () => {
  expect(lengthsOf(planned)).toEqual({ load: minutes(5) })
  expect(lengthsOf(planned, {}, 'smoke')).toEqual({ load: seconds(30) })
  expect(lengthsOf(planned, { load: seconds(7), rto: seconds(1) }, 'smoke')).toEqual({
    load: seconds(7),
  })
})

test('each variant is in suites of its own, and has lanes of its own', () => {
  expect(['short', 'long'].map((variant) => loadOf(planned, variant))).toEqual(['none', 'steady'])
  expect(suitesOf(planned, 'long')).toEqual(['soak'])
  expect(suitesOfAll(planned)).toEqual(['smoke', 'nightly', 'soak'])
  const chosen = suite([{ name: 'load', scenario: planned }], 'soak')
  expect(chosen.map(({ variant, suite }) => [variant, suite])).toEqual([['long', 'soak']])
})

test('a variant can be there to miss what the others must not', () => {
  expect(expectedBy(planned, 'long')).toEqual([{ missed: 'slo', because: 'p99' }])
  expect(expectedBy(planned, 'short')).toEqual([])
  const listed = { ...planned, expects: [{ missed: 'rto', because: '.' }] }
  expect(expectedBy(listed, 'short')).toEqual([{ missed: 'rto', because: '.' }])
})
