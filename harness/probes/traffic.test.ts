import { expect, test } from 'vitest'
import { minutes, seconds } from '../lib/duration.ts'
import {
  arrival,
  burst,
  closed,
  closedBesideLanes,
  growth,
  operationsIn,
  plannedOf,
  sessions,
  steady,
  steadyBesideLanes,
} from './traffic.ts'

test("the document's load test has its mix and rate, in both models", () => {
  expect(steady({ lasts: minutes(5) })).toMatchObject({
    model: 'open',
    ratePerS: 180,
    mix: { read: 10, write: 1 },
    tenants: 100,
    lasts: minutes(5),
  })
  expect(closed()).toMatchObject({ load: 'closed', model: 'closed', users: 100, ratePerS: 0 })
  expect('lasts' in closed()).toBe(false)
})

test.each([
  ['the whole of it on six cores', { cores: 6 }, 180, undefined, 100],
  ['no more on more', { cores: 64 }, 180, undefined, 100],
  ['a third of it on two, which is said', { cores: 2 }, 60, 180, 33],
  ['half of that where two loads share two', { cores: 2, share: 0.5 }, 30, 180, 17],
] as const)('beside the lanes it is %s', (_what, machine, ratePerS, documentedPerS, users) => {
  const { ratePerS: asked, documentedPerS: documented, mix } = steadyBesideLanes(machine)
  expect({ asked, documented, mix }).toEqual({
    asked: ratePerS,
    documented: documentedPerS,
    mix: { read: 10, write: 1 },
  })
  expect(closedBesideLanes(machine)).toMatchObject({ model: 'closed', ratePerS: 0, users })
})

test.each([
  ['a constant rate', arrival({ ratePerS: 10, mix: { read: 1 } }), 300],
  [
    'a burst of ten times for five seconds',
    burst({
      ratePerS: 10,
      mix: { read: 1 },
      burst: { times: 10, after: seconds(5), lasts: seconds(5) },
    }),
    300 + 450,
  ],
  ['sessions, not requests', sessions({ ratePerS: 2, tenants: 1000 }), 60],
] as const)('of %s so many begin in 30 s', (_what, traffic, planned) => {
  expect(plannedOf(traffic, 30_000)).toBe(planned)
})

test('what is no load test of the document is not held against its rate', () => {
  expect(steady({ ratePerS: 30 })).toMatchObject({ ratePerS: 30, documentedPerS: 180 })
  expect(arrival({ ratePerS: 10, mix: { read: 1 } })).not.toHaveProperty('documentedPerS')
  expect(steady()).not.toHaveProperty('documentedPerS')
})

test('sessions have every operation', () => {
  expect(operationsIn(sessions({ ratePerS: 1, tenants: 3 }))).toEqual([
    'login',
    'read',
    'write',
    'list',
    'delete',
  ])
})

test('the loads of a growth are told apart by their tenants, and half of each are lists', () => {
  const loads = [1, 1000].map((tenants) => growth({ tenants, ratePerS: 100 }))
  expect(loads.map(({ load, tenants }) => [load, tenants])).toEqual([
    ['tenants-1', 1],
    ['tenants-1000', 1000],
  ])
  expect(loads[0]?.mix).toEqual({ read: 10, list: 12, write: 2 })
})
