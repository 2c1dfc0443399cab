import { describe, expect, test } from 'vitest'
import { type MadeRun, madeRun } from './made-record.ts'
import { rpo } from './rpo.ts'
import {
  both,
  changing,
  frozen,
  judged,
  lostWrite,
  objectives,
  reading,
  type Spoil,
  without,
} from './spoiled.ts'

describe('the read-back of the ledger', () => {
  test.each([
    ['every acknowledged write is there', () => {}, 'met', 'passed'],
    ['an acknowledged write is absent on one node', lostWrite, 'missed', 'failed'],
    [
      'an acknowledged write is deleted',
      reading(30, 'balancer', { state: 'deleted' }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write is not intact',
      reading(30, 'vault-3', { version: 1, intact: false }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write has no version data',
      reading(30, 'vault-3', { state: 'unreadable', why: 'could not find version data' }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write has version 2',
      reading(30, 'vault-3', { version: 2, intact: true }),
      'missed',
      'failed',
    ],
    [
      'a refused write is there',
      reading(60, 'vault-3', { version: 1, intact: true }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write could not be read on one node',
      reading(30, 'vault-3', { state: 'unreadable', status: 503 }),
      'inconclusive',
      'inconclusive',
    ],
    [
      'the content was never compared',
      reading(30, 'vault-3', { version: 1 }),
      'inconclusive',
      'inconclusive',
    ],
    [
      'one node was not read',
      (run: MadeRun) => {
        run.reads = run.reads.filter(({ data }) => data.node !== 'vault-3')
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'nobody read anything back',
      (run: MadeRun) => {
        run.reads = []
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'a pass did not end',
      (run: MadeRun) => {
        run.reads = run.reads.filter(
          ({ kind, data }) => kind !== 'pass.ended' || data.node !== 'vault-3',
        )
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'the prober read back itself',
      (run: MadeRun) => {
        for (const line of run.reads)
          if (line.kind === 'pass') line.data = { ...line.data, pid: 4711 }
      },
      'inconclusive',
      'inconclusive',
    ],
  ] as const)('when %s', async (_, spoil, word, verdict) => {
    const found = await judged(spoil)

    expect(found.objectives[1]?.verdict).toBe(word)
    expect(found.verdict).toBe(verdict)
  })

  test('a write without an answer may be there or not', async () => {
    const hung = madeRun({ outages: [{ fromMs: 5805, toMs: 7700, how: 'hung' }] })
    const unknown = hung.writes.flatMap((line) =>
      line.kind === 'answer' && line.data.outcome === 'unknown' ? [line.data.n] : [],
    )
    const found = await judged(
      reading(unknown[0] as number, 'vault-1', { version: 1, intact: true }),
      hung,
    )

    expect(unknown.length).toBeGreaterThan(1)
    expect(found.objectives[1]?.verdict).toBe('met')
    expect(found.writes).toMatchObject({ unknown: unknown.length, recoveredUnknown: 1 })
    expect(found.ghosts).toEqual([])
  })

  test('where standbys forward, a pass over a standby proves nothing', async () => {
    const found = await judged(frozen({ standbyReads: 'forwarded' }))

    expect(found.gates.find(({ id }) => id === 'read-back-complete')).toMatchObject({
      held: false,
      reason: 'vault-1 as leader was not read; vault-2 as leader was not read',
    })
  })

  test('a lost write names its path and its node', async () => {
    expect((await judged(lostWrite)).lost).toEqual([
      { n: 30, path: 'secret/data/rpo/t0/s0/30', nodes: ['vault-2'], state: 'absent' },
    ])
  })
})

describe('the loss window', () => {
  /** The first write that is lost, and the last; on every node. */
  const losing =
    (from: number, to: number): Spoil =>
    (run) => {
      run.reads = run.reads.map((line) =>
        line.kind === 'read' && line.data.n >= from && line.data.n <= to
          ? {
              ...line,
              data: { n: line.data.n, node: line.data.node, state: 'absent', status: 404 },
            }
          : line,
      )
    }
  const within = (windowMs: number, lostWrites = 1000) =>
    objectives({ kind: 'rpo', id: 'rpo', lostWrites, windowMs })
  const last = 116

  test('of nothing lost is zero, whenever the last write was', async () => {
    const found = await judged(within(0))

    expect(found.lossWindow).toEqual({ lo: 0, hi: 0, cut: 'consistent' })
    expect(found.objectives[0]).toMatchObject({
      verdict: 'met',
      measured: { lo: 0, hi: 0 },
      unit: 'ms',
      limit: 0,
    })
  })

  // Writes go out every 100 ms from 450.4 ms and take 3 ms; issued 5,800, in force 5,805 ms.
  test.each([
    [400, 'met', 'passed'],
    [355, 'met', 'passed'],
    [300, 'inconclusive', 'inconclusive'],
    [246, 'missed', 'failed'],
  ] as const)(
    'of the last writes before the fault is held against %i ms',
    async (limitMs, word, verdict) => {
      // The writes from 5,550.4 ms on: answered 246.6 ms before, and 5,450.4 ms survived.
      const found = await judged(both(within(limitMs), losing(52, last)))

      expect(found.lossWindow).toEqual({ lo: 246.6, hi: 354.6, cut: 'consistent' })
      expect(found.objectives[0]).toMatchObject({
        verdict: word,
        measured: { lo: 246.6, hi: 354.6 },
      })
      expect(found.verdict).toBe(verdict)
    },
  )

  test('with a hole is missed whatever the limits are', async () => {
    const found = await judged(both(within(100_000), losing(30, 31)))

    expect(found.lossWindow?.cut).toBe('inconsistent')
    expect(found.objectives[0]).toMatchObject({
      verdict: 'missed',
      because: expect.stringMatching(/^2 of 97 .* and a later one survived$/),
    })
    expect(found.detected).toEqual(['inconsistent-cut'])
  })

  test('does not excuse more lost writes than are allowed', async () => {
    const found = await judged(both(within(100_000, 3), losing(52, last)))

    expect(found.detected).toEqual(['lost-write'])
    expect(found.verdict).toBe('failed')
  })

  test('is never masked by a gate', async () => {
    const dirty = changing('gate', (gate) => ({ ...gate, held: false }))
    const found = await judged(both(within(100), losing(52, last), dirty))

    expect(found.detected).toEqual(['clean-start', 'rpo-window'])
    expect(found.verdict).toBe('failed')
  })

  test('needs a fault to count from', async () => {
    const kinds = ['fault.planned', 'fault.injected', 'fault.witnessed', 'fault.healed'] as const
    const found = await judged(both(within(100_000), losing(52, last), ...kinds.map(without)))

    expect(found.lossWindow).toBeNull()
    expect(found.objectives[0]).toMatchObject({ verdict: 'missed' })
  })
})

test('an RPO of time alone allows any number', () => {
  expect(rpo({ within: { ms: 3_600_000 } })).toEqual({
    kind: 'rpo',
    id: 'rpo',
    lostWrites: Number.MAX_SAFE_INTEGER,
    windowMs: 3_600_000,
  })
})
