import { expect, test } from 'vitest'
import { milliseconds, seconds } from '../lib/duration.ts'
import { formatBracket, formatLimit } from './bracket.ts'
import { checks } from './checks.ts'
import { claim } from './claim.ts'
import { noOutage } from './no-outage.ts'
import { worst } from './objective.ts'
import { rpo } from './rpo.ts'
import { rto } from './rto.ts'

test.each([
  [[], 'met'],
  [['met', 'inconclusive', 'met'], 'inconclusive'],
  [['met', 'inconclusive', 'missed'], 'missed'],
] as const)('of %j the worst wins', (verdicts, expected) => {
  expect(worst(verdicts)).toBe(expected)
})

test('objectives are data, with the defaults of the rule', () => {
  expect([
    rto({ within: seconds(5), source: 'HLD:876' }),
    rto({ id: 'region', within: seconds(60), holdDown: seconds(30), stableCount: 40 }),
    noOutage(),
    rpo({ lostWrites: 0 }),
    checks({ id: 'roles', all: ['one leader'] }),
    claim({ source: 'HLD:870', says: 'RTO 0', rtoWithin: milliseconds(0) }),
  ]).toEqual([
    {
      kind: 'rto',
      id: 'rto',
      limitMs: 5000,
      stableCount: 20,
      holdDownMs: 10_000,
      source: 'HLD:876',
    },
    { kind: 'rto', id: 'region', limitMs: 60_000, stableCount: 40, holdDownMs: 30_000 },
    { kind: 'no-outage', id: 'no-outage', holdDownMs: 10_000 },
    { kind: 'rpo', id: 'rpo', lostWrites: 0 },
    { kind: 'checks', id: 'roles', titles: ['one leader'] },
    { source: 'HLD:870', says: 'RTO 0', of: 'rto', limitMs: 0 },
  ])
})

test.each([
  [{ lo: 1890, hi: 1943 }, '1.94 s (1.89–1.94)'],
  [{ lo: 3, hi: 41 }, '41 ms (3–41)'],
  [{ lo: 900, hi: 1100 }, '1.10 s (0.90–1.10)'],
  [{ lo: 61_000, hi: 75_000 }, '1 min 15 s (from 1 min 1 s)'],
  [{ lo: 7000, hi: null }, 'more than 7.00 s'],
])('the interval %j reads %s', (interval, text) => {
  expect(formatBracket(interval)).toBe(text)
})

test.each([
  [5000, '5 s'],
  [1500, '1.5 s'],
  [200, '200 ms'],
  [900_000, '15 min'],
  [10_000, '10 s'],
])('the limit %i reads %s', (ms, text) => {
  expect(formatLimit(ms)).toBe(text)
})
