import { describe, expect, test } from 'vitest'
import type { Call } from '../../fixtures/cached-client/message.ts'
import { bridgingOf, hitsOf, ratioOf, staleness } from './cache-findings.ts'
import { CacheTalk } from './cache-talk.ts'

const MS = 1_000_000
const call = (atMs: number, from: Call['from'], rest: Partial<Call> = {}): Call => ({
  t: atMs * MS,
  ms: 1,
  path: 0,
  what: 'read',
  from,
  ...(from === 'nobody' ? { why: 'no answer' } : { ageMs: 0, n: 1 }),
  ...rest,
})
const talk = (...calls: readonly Call[]) =>
  new CacheTalk({ reads: calls }, [{ lane: 'reads', cache: 'one', readsPerS: 1 }], {
    one: { ttlMs: 10_000, max: 1000 },
  })

describe('a read that failed', () => {
  test.each([
    [
      'after its entry had ended is not held against the cache',
      [call(0, 'store', { ms: 0 }), call(10_000, 'nobody')],
      0,
    ],
    ['while its entry lived is', [call(0, 'store'), call(9000, 'nobody')], 1],
    ['of another credential is not', [call(0, 'store'), call(9000, 'nobody', { path: 1 })], 0],
    [
      'while an entry lived that was older than the record is',
      [call(0, 'cache', { ageMs: 3000 }), call(6000, 'nobody')],
      1,
    ],
    [
      'after a write of which nobody knows is not',
      [call(0, 'store'), call(1000, 'nobody', { what: 'write' }), call(2000, 'nobody')],
      0,
    ],
    [
      'after a write that was refused is',
      [
        call(0, 'store'),
        call(1000, 'nobody', { what: 'write', why: 'refused: never sent' }),
        call(2000, 'nobody'),
      ],
      1,
    ],
    [
      'after a read that a write overtook is not',
      [
        call(0, 'store', { ms: 500 }),
        call(100, 'store', { what: 'write', ms: 10 }),
        call(2000, 'nobody'),
      ],
      0,
    ],
    [
      'before another one fetched the entry is not',
      [call(0, 'nobody', { ms: 1000 }), call(500, 'store', { ms: 10 })],
      0,
    ],
  ])('%s', (_what, calls, unbridged) => {
    expect(talk(...calls).unbridged('reads')).toHaveLength(unbridged)
  })
})

test('the time without answers is the longest from a call that failed to the end of the last one', () => {
  const calls = [
    call(-900, 'nobody', { ms: 10 }),
    call(0, 'store'),
    call(100, 'nobody', { ms: 1000 }),
    call(200, 'cache'),
    call(300, 'nobody', { ms: 10 }),
    call(2000, 'store'),
  ]
  const span = talk(...calls).failed('reads')
  expect(span).toEqual({ from: 100 * MS, to: 1100 * MS })
  expect(talk(...calls).answered('reads', span)).toEqual({
    reads: 3,
    cache: 1,
    store: 0,
    nobody: 2,
    share: 1 - 2 / 3,
  })
  expect(talk(call(0, 'store')).failed('reads')).toBeUndefined()
})

describe('staleness', () => {
  const calls = [
    call(0, 'cache', { n: 1 }),
    call(1500, 'cache', { n: 1 }),
    call(2500, 'store', { n: 2 }),
    call(3000, 'store', { n: undefined as never }),
  ]
  test.each([
    ['is the last time that something older was served', { path: 0, n: 2, since: 1000 * MS }, 500],
    ['is none when nothing older was', { path: 0, n: 1, since: 1000 * MS }, undefined],
    ['is none of another credential', { path: 1, n: 2, since: 0 }, undefined],
    ['of one that is gone is anything that is served', { path: 0, since: 1000 * MS }, 1500],
  ])('%s', (_what, question, ms) => {
    expect(talk(...calls).stale('reads', question)).toBe(ms)
  })
})

describe('the latency of hits', () => {
  const hits = (ms: number, count: number) =>
    Array.from({ length: count }, (_, i) => call(i, 'cache', { ms }))
  test.each([
    ['is within the limits', [...hits(0.01, 9990), ...hits(4, 10)], 'within'],
    ['has a tail', [...hits(0.01, 9980), ...hits(6, 20)], 'p999 6.00 ms'],
    ['is at a limit', hits(1, 10_000), 'p50 1.00 ms'],
    ['is of too few', hits(0.01, 9999), 'only 9999 hits, of which P999 says nothing'],
    [
      'does not count what the store answered',
      [...hits(0.01, 10_000), call(0, 'store', { ms: 99 })],
      'within',
    ],
  ])('%s', (_what, calls, expected) => {
    expect(hitsOf(talk(...calls), 'reads').word).toBe(expected)
  })
})

describe('of a lane beside one without a cache', () => {
  /** A read a second for a minute and a half; nobody answers from the 10th to the 70th second. */
  const uncached = Array.from({ length: 90 }, (_, s) =>
    call(s * 1000, s >= 10 && s < 70 ? 'nobody' : 'store', { path: s }),
  )
  const both = (cached: readonly Call[]) =>
    new CacheTalk({ cached, uncached }, [{ lane: 'cached', cache: 'one', readsPerS: 1 }], {
      one: { ttlMs: 300_000, max: 1000 },
    })
  const cachedBut = (failed: number) =>
    Array.from({ length: 600 }, (_, i) =>
      call(10_000 + i * 98, i < failed ? 'nobody' : 'cache', { path: i }),
    )

  test.each([
    ['as many reads as implied', 60, 'as implied'],
    ['too few', 120, '80.0 %'],
    ['too many', 0, '100.0 %'],
  ])('%s are answered', (_what, failed, word) => {
    const finding = bridgingOf(both(cachedBut(failed)), 'cached', 'uncached')
    expect(finding.word).toBe(word)
    expect(finding.inWords).toContain('in the 59.0 s without Vault')
    expect(finding.inWords).toContain('uncached 0.0 %')
  })

  test('nothing is said without an outage', () => {
    expect(bridgingOf(both([]), 'uncached', 'cached').word).toBe('no outage')
  })
})

test.each([
  ['as implied', 909, 'as implied'],
  ['too seldom', 850, '85.0 %'],
])('an entry is found %s', (_what, hits, word) => {
  const calls = Array.from({ length: 1000 }, (_, i) =>
    call(20_000 + i, i < hits ? 'cache' : 'store'),
  )
  expect(ratioOf(talk(call(0, 'store'), ...calls), 'reads').word).toBe(word)
})

test.each([
  [undefined, 'never'],
  [19_990, 'as long'],
  [20_001, 'for 20001 ms'],
  [12_000, 'for 12000 ms'],
])('what was served for %s ms with a time to live of 20 s was served %s', (ms, word) => {
  expect(staleness(ms, { ms: 20_000 })).toBe(word)
})
