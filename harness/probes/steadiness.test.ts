import { expect, test } from 'vitest'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { LaneStatus, ProbeStatus } from './live-status.ts'
import { answeredPromptly, goodSince, lasting } from './steadiness.ts'

const ns = (ms: number): Ns => ms * NS_PER_MS

const status = (tMs: number, lane: Partial<LaneStatus>): ProbeStatus => ({
  t: ns(tMs),
  lanes: {
    read: { samples: 100, missed: 0, goodInARow: 100, goodSince: ns(0), lastOk: ns(tMs) },
    write: { samples: 100, missed: 0, goodInARow: 100, goodSince: ns(10), ...lane },
  },
  writes: { sent: 0, acknowledged: 0, refused: 0, unknown: 0 },
  nodes: {},
})

test.each([
  ['answered 499 ms ago', { lastOk: ns(9501) }, true],
  ['answered half a second ago and more', { lastOk: ns(9499) }, false],
  ['never answered', {}, false],
] as const)('a lane that was last %s', (_, lane, prompt) => {
  expect(answeredPromptly(status(10_000, lane))).toMatchObject(
    prompt ? { happened: true } : { happened: false, seen: expect.stringMatching(/^write: /) },
  )
})

test('all lanes are good since the later one is', () => {
  expect(goodSince(status(10_000, {}))).toMatchObject({ happened: true, value: ns(10) })
  expect(goodSince(status(10_000, { goodInARow: 19 }))).toMatchObject({ happened: false })
})

test.each([
  [5999, false],
  [6000, true],
])('five seconds and one more have passed after %s ms: %s', (tMs, over) => {
  expect(lasting(status(tMs, {}), ns(0), 5000).happened).toBe(over)
})
