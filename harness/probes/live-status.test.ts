import { describe, expect, test } from 'vitest'
import type { LaneInfo } from '../journal/entry.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { LiveStatus } from './live-status.ts'

const lane = (name: string, kind: LaneInfo['kind'], judged: boolean): LaneInfo => ({
  lane: name,
  kind,
  judged,
  target: 'balancer',
  intervalMs: 5,
  deadlineMs: 1_000,
})
const LANES = [
  lane('write', 'write', true),
  lane('read', 'read', true),
  lane('fresh-read', 'fresh-read', false),
]

/** Times in milliseconds, as they are read more easily. */
const sample = (callMs: number, ok: boolean, status?: number) => ({
  lane: 'read',
  slot: 0,
  intended: callMs * NS_PER_MS,
  call: callMs * NS_PER_MS,
  ret: callMs * NS_PER_MS,
  ok,
  ...(ok ? {} : { why: 'ECONNREFUSED before sending' }),
  ...(status === undefined ? {} : { status }),
})

const ms = (stamp: number | undefined) => (stamp === undefined ? undefined : stamp / NS_PER_MS)

describe('the live status of a lane', () => {
  test.each([
    [
      'only good samples',
      [
        [5, true],
        [10, true],
      ],
      2,
      5,
      undefined,
    ],
    [
      'a good sample after a bad one',
      [
        [5, true],
        [10, false],
        [15, true],
      ],
      1,
      15,
      10,
    ],
    [
      'a bad sample at the end',
      [
        [5, true],
        [10, false],
      ],
      0,
      undefined,
      10,
    ],
    [
      'a hung sample that is answered last',
      [
        [5, false],
        [10, true],
        [15, true],
      ],
      2,
      10,
      5,
    ],
    [
      'a hung sample between good ones',
      [
        [5, true],
        [15, true],
        [20, true],
        [10, false],
      ],
      2,
      15,
      10,
    ],
    [
      'a late bad sample from before the last one',
      [
        [10, false],
        [15, true],
        [5, false],
      ],
      1,
      15,
      10,
    ],
    [
      'a late good sample from before the bad one',
      [
        [10, false],
        [15, true],
        [5, true],
      ],
      1,
      15,
      10,
    ],
    [
      'good samples out of order',
      [
        [15, true],
        [10, true],
      ],
      2,
      10,
      undefined,
    ],
  ] as const)(
    'counts good samples by their send times for %s',
    (_title, samples, inARow, since, bad) => {
      const live = new LiveStatus(LANES)
      for (const [callMs, ok] of samples) live.addSample(sample(callMs, ok))
      const { read } = live.summary(0).lanes
      expect(read?.goodInARow).toBe(inARow)
      expect(ms(read?.goodSince)).toBe(since)
      expect(ms(read?.lastBad)).toBe(bad)
    },
  )

  test('keeps count and start of a long row, whose samples it has forgotten', () => {
    const live = new LiveStatus(LANES)
    for (let callMs = 5; callMs <= 60_000; callMs += 5) live.addSample(sample(callMs, true))
    const { read } = live.summary(0).lanes
    expect(read).toMatchObject({ goodInARow: 12_000, samples: 12_000 })
    expect(ms(read?.goodSince)).toBe(5)
    live.addSample(sample(59_500, false))
    expect(live.summary(0).lanes.read).toMatchObject({
      goodInARow: 100,
      lastWhy: 'ECONNREFUSED before sending',
    })
  })

  test('is news when the lane turns, and only then', () => {
    const live = new LiveStatus(LANES)
    const news = [true, true, false, false, true, true].map((ok, i) =>
      live.addSample(sample(i * 5, ok)),
    )
    expect(news).toEqual([true, false, true, false, true, false])
  })

  test('follows the judged lanes alone', () => {
    const live = new LiveStatus(LANES)
    expect(live.addSample({ ...sample(5, true), lane: 'fresh-read' })).toBe(false)
    expect(Object.keys(live.summary(0).lanes)).toEqual(['write', 'read'])
  })

  test('counts missed slots and the outcomes of writes', () => {
    const live = new LiveStatus(LANES)
    live.countMissed('write', 7)
    for (const outcome of ['sent', 'sent', 'acknowledged', 'unknown'] as const)
      live.countWrite(outcome)
    const { lanes, writes } = live.summary(0)
    expect(lanes.write?.missed).toBe(7)
    expect(writes).toEqual({ sent: 2, acknowledged: 1, refused: 0, unknown: 1 })
  })
})

describe('the leader by health', () => {
  test('is the node that answers 200, since its first such answer', () => {
    const live = new LiveStatus(LANES)
    expect(live.summary(0).leader).toBeUndefined()
    live.addHealth('vault-1', sample(5, true, 200))
    live.addHealth('vault-2', sample(5, true, 429))
    live.addHealth('vault-1', sample(55, true, 200))
    expect(live.summary(0).leader).toEqual({ node: 'vault-1', since: 5 * NS_PER_MS })
  })

  test('is nobody while the former one is gone, then the next', () => {
    const live = new LiveStatus(LANES)
    live.addHealth('vault-1', sample(5, true, 200))
    expect(live.addHealth('vault-1', sample(55, false))).toBe(true)
    expect(live.summary(0).leader).toBeUndefined()
    expect(live.summary(0).nodes['vault-1']).not.toHaveProperty('health')
    expect(live.addHealth('vault-2', sample(105, true, 200))).toBe(true)
    expect(live.summary(0).leader).toEqual({ node: 'vault-2', since: 105 * NS_PER_MS })
  })

  test('is the newer of two that both say they lead', () => {
    const live = new LiveStatus(LANES)
    live.addHealth('vault-1', sample(5, true, 200))
    live.addHealth('vault-2', sample(105, true, 200))
    expect(live.summary(0).leader?.node).toBe('vault-2')
  })

  test('is not changed by an answer that was overtaken', () => {
    const live = new LiveStatus(LANES)
    live.addHealth('vault-1', sample(55, true, 200))
    live.addHealth('vault-1', sample(5, false))
    expect(live.summary(0).leader?.node).toBe('vault-1')
  })
})
