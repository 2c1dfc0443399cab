import { describe, expect, test } from 'vitest'
import { type MadeRun, ns } from './made-record.ts'
import {
  adding,
  both,
  changing,
  frozen,
  judged,
  lostWrite,
  objectives,
  rpoSpec,
  rtoWithin,
  type Spoil,
  without,
} from './spoiled.ts'

/** The answers to reads in the second half of the outage, by their slot. */
const readsAnswered =
  (good: Readonly<Record<string, (slot: number) => boolean>>): Spoil =>
  (run) => {
    for (const line of run.probes) {
      if (line.kind !== 'sample' || line.data.call < ns(6700)) continue
      const { status: _, why: __, ...rest } = line.data
      const isGood = good[line.data.lane]?.(line.data.slot) === true
      if (isGood) line.data = { ...rest, ok: true, status: 200, ret: line.data.call + ns(3) }
    }
  }

describe('the gates', () => {
  const dropSamples =
    (from: number, to: number, every = 1): Spoil =>
    (run) => {
      run.probes = run.probes.filter((line) => {
        if (line.kind !== 'sample' || line.data.call < ns(from) || line.data.call > ns(to))
          return true
        return line.data.slot % every !== 0
      })
    }
  const late: Spoil = (run) => {
    for (const line of run.probes) {
      if (line.kind === 'sample' && line.data.lane === 'write' && line.data.slot % 20 === 0) {
        line.data = { ...line.data, intended: line.data.intended - ns(150) }
      }
    }
  }
  test.each([
    ['probe-coverage', 'the probe stops for 700 ms in the hold-down', dropSamples(8200, 8900)],
    ['probe-coverage', 'the probe skips every 20th slot', dropSamples(4800, 11_000, 20)],
    ['probe-coverage', 'the probe is late', late],
    [
      'calibration',
      'the probe errs by 16 ms in two of twenty outages',
      changing('calibration', ({ errorsMs }) => ({
        errorsMs: [...errorsMs.slice(2), 16, 16],
        worstMs: 16,
      })),
    ],
    ['calibration', 'the probe was not calibrated', without('calibration')],
    [
      'calibration',
      'the probe was calibrated with 11 flips',
      changing('calibration', ({ errorsMs }) => ({ errorsMs: errorsMs.slice(-11), worstMs: 4 })),
    ],
    [
      'clocks',
      'the wall clock jumps by an hour',
      (run: MadeRun) => {
        const last = run.journal.findLast(({ kind }) => kind === 'clock')
        if (last?.kind === 'clock')
          last.data = { ...last.data, wallMs: last.data.wallMs + 3_600_000 }
      },
    ],
    ['clocks', 'the clocks were never compared', without('clock')],
    [
      'probe-process',
      'the event loop of the probe stalls',
      (run: MadeRun) => {
        for (const line of run.probes) {
          if (line.kind === 'usage') line.data = { ...line.data, loopDelayP99Ms: 31 }
        }
      },
    ],
    [
      'host',
      'the host had no CPU to spare',
      (run: MadeRun) => {
        for (const line of run.probes) {
          if (line.kind === 'usage') line.data = { ...line.data, hostIdle: 0.01 }
        }
      },
    ],
    [
      'fresh-lane',
      'fresh connections recover a second later',
      (run: MadeRun) => {
        for (const line of run.probes) {
          if (
            line.kind === 'sample' &&
            line.data.lane === 'fresh-read' &&
            line.data.call > ns(7000) &&
            line.data.call < ns(8700)
          ) {
            line.data = { ...line.data, ok: false, status: 503 }
          }
        }
      },
    ],
    [
      'fresh-lane',
      'kept-alive connections are pinned to a dead backend for a second longer',
      readsAnswered({ 'fresh-read': () => true }),
    ],
    [
      'clean-start',
      'the start was not clean',
      changing('gate', (gate) => ({ ...gate, held: false, reason: 'two voters' })),
    ],
  ] as const)('%s does not hold when %s: not even a miss is believed', async (id, _, spoil) => {
    for (const limitMs of [5000, 200]) {
      const found = await judged(both(objectives(rtoWithin(limitMs), rpoSpec), spoil))

      expect(found.gates.find((gate) => gate.id === id)).toMatchObject({
        held: false,
        kind: 'soundness',
      })
      expect(found.objectives[0]).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
      expect(found.verdict).toBe('inconclusive')
    }
  })

  test('fresh connections may be back after kept-alive reads, as long as writes are not either', async () => {
    const { gates, objectives } = await judged(readsAnswered({ read: () => true }))

    expect(gates.find(({ id }) => id === 'fresh-lane')).toMatchObject({ held: true })
    expect(objectives[0]?.measured).toMatchObject({ lo: expect.closeTo(1846, 0) })
  })

  test('fresh connections may miss the last bad answer where good ones come between', async () => {
    const alternating = { 'fresh-read': () => true, read: (slot: number) => slot % 4 !== 0 }
    const { gates } = await judged(readsAnswered(alternating))

    expect(gates.find(({ id }) => id === 'fresh-lane')).toMatchObject({ held: true })
  })

  test.each([
    ['fault-witnessed', 'nobody saw the fault', without('fault.witnessed')],
    [
      'residue',
      'something is left of the fault',
      changing('fault.healed', (data) => ({ ...data, residue: ['a closed link'] })),
    ],
    [
      'residue',
      'the fault is stuck',
      both(
        without('fault.healed'),
        adding(11_600, 'fault.stuck', {
          fault: 'f1',
          name: 'SIGKILL',
          target: 'vault-1',
          why: 'no such container',
        }),
      ),
    ],
    ['residue', 'the fault was never healed', without('fault.healed')],
    [
      'enough-samples',
      'there was no steady period',
      (run: MadeRun) => {
        run.journal = run.journal.filter(
          (line) => line.kind !== 'phase' || line.data.name !== 'steady',
        )
      },
    ],
    [
      'enough-samples',
      'one of the steady answers was bad',
      (run: MadeRun) => {
        const bad = run.probes.find(
          (line) =>
            line.kind === 'sample' && line.data.lane === 'read' && line.data.call > ns(3000),
        )
        if (bad?.kind === 'sample') bad.data = { ...bad.data, ok: false }
      },
    ],
    ['enough-samples', 'the probe wrote at a fraction of its rate', dropSamples(400, 4700, 2)],
    [
      'must-observe',
      'the leader never changed',
      (run: MadeRun) => {
        run.probes = run.probes.filter(
          (line) => line.kind !== 'sample' || !line.data.lane.startsWith('health'),
        )
      },
    ],
    [
      'must-observe',
      'the scenario demands a fact that nobody knows',
      frozen({ mustObserve: ['moon-rose'] }),
    ],
  ] as const)('%s does not hold when %s: a pass is vacuous, a miss stays', async (id, _, spoil) => {
    const good = await judged(spoil)
    const slow = await judged(both(objectives(rtoWithin(200), rpoSpec), spoil))

    expect(good.gates.find((gate) => gate.id === id)).toMatchObject({
      held: false,
      kind: 'vacuity',
    })
    expect(good).toMatchObject({ verdict: 'inconclusive', cause: 'vacuous' })
    expect(slow.verdict).toBe('failed')
  })

  test.each([
    ['a soundness gate', changing('gate', (gate) => ({ ...gate, held: false }))],
    ['a vacuity gate', without('fault.witnessed')],
    [
      'an infrastructure error',
      adding(11_000, 'error', { message: 'no space left', infrastructure: true }),
    ],
    ['an abort', adding(11_000, 'aborted', { why: 'SIGINT' })],
    ['a missing end', without('ended')],
  ] as const)('%s never masks a lost acknowledged write', async (_, spoil) => {
    const found = await judged(both(lostWrite, spoil))

    expect(found).toMatchObject({
      verdict: 'failed',
      why: expect.stringMatching(/^RPO missed: 1 of/),
    })
  })
})
