import { describe, expect, test } from 'vitest'
import type { ObjectiveSpec } from '../journal/entry.ts'
import { madeRun, ns } from './made-record.ts'
import {
  adding,
  both,
  changing,
  frozen,
  judged,
  objectives,
  rpoSpec,
  rtoWithin,
  type Spoil,
  without,
} from './spoiled.ts'

test('the measured interval contains the truth of the made run', async () => {
  const [rto] = (await judged()).objectives

  // Issued at 5,800 ms, in force at 5,805 ms at the latest, back at 7,700 ms.
  expect(rto?.measured).toEqual({ lo: 1846.4, hi: 1953.4 })
})

describe('when the limit', () => {
  test.each([
    [5000, 'met', 'passed', undefined],
    [1954, 'met', 'passed', undefined],
    [1900, 'inconclusive', 'inconclusive', 'undecided'],
    [1846, 'missed', 'failed', undefined],
    [200, 'missed', 'failed', undefined],
  ] as const)('of the RTO is %i ms, it is %s', async (limitMs, word, verdict, cause) => {
    const found = await judged(objectives(rtoWithin(limitMs), rpoSpec))

    expect(found.objectives[0]).toMatchObject({ verdict: word })
    expect(found.verdict).toBe(verdict)
    expect(found.cause).toBe(cause)
  })
})

test('a recovery just below its limit is at risk', async () => {
  const found = await judged(objectives(rtoWithin(2000), rpoSpec))

  expect(found.objectives[0]).toMatchObject({ verdict: 'met', atRisk: true })
})

test.each([
  ['held', 3000, true],
  ['not held', 1000, false],
  ['open', 1900, null],
] as const)('a claim is %s and changes nothing', async (_, limitMs, held) => {
  const claims = [{ source: 'HLD:875', says: 'spike', of: 'rto', limitMs }] as const
  const found = await judged(frozen({ claims }))

  expect(found.claims[0]?.held).toBe(held)
  expect(found.verdict).toBe('passed')
})

describe('several faults', () => {
  const second = (issuedMs: number): Spoil => {
    const fault = { fault: 'f2', name: 'SIGKILL', target: 'vault-3' }
    return both(
      adding(issuedMs + 3, 'fault.injected', {
        ...fault,
        issued: ns(issuedMs),
        proven: ns(issuedMs + 2),
      }),
      adding(issuedMs + 50, 'fault.witnessed', { ...fault, witness: 'exit code 137' }),
      adding(11_650, 'fault.healed', { ...fault, residue: [] }),
    )
  }
  test('the clock of the first runs on when the service is bad at the second', async () => {
    const [rto] = (await judged(second(6500))).objectives

    expect(rto?.measured).toEqual({ lo: 1846.4, hi: 1953.4 })
  })

  test('a fault before the one that hurt is only a step', async () => {
    const [rto] = (await judged(second(5400))).objectives

    expect(rto?.measured).toEqual({ lo: 1846.4, hi: 1953.4 })
  })

  test('each outage counts from its own fault', async () => {
    const made = madeRun({
      outages: [
        { fromMs: 5805, toMs: 7000 },
        { fromMs: 8502, toMs: 8900 },
      ],
    })
    const [rto] = (await judged(second(8500), made)).objectives

    expect(rto?.measured).toEqual({ lo: 1146.4, hi: 1253.4 })
  })

  test('a fresh connection that the second cuts off is no sign of the first', async () => {
    const made = madeRun({
      outages: [
        { fromMs: 5805, toMs: 7000 },
        { fromMs: 8502, toMs: 8900 },
      ],
    })
    for (const line of made.probes) {
      if (line.kind !== 'sample' || line.data.lane !== 'fresh-read') continue
      const isOnItsWay = line.data.call > ns(8450) && line.data.call < ns(8500)
      if (isOnItsWay) line.data = { ...line.data, ret: ns(8510), ok: false, why: 'ECONNRESET' }
    }
    const { gates } = await judged(second(8500), made)

    expect(gates.find(({ id }) => id === 'fresh-lane')).toMatchObject({ held: true })
  })
})

test('an outage that the fault did not cause is not its recovery', async () => {
  const made = madeRun({
    outages: [
      { fromMs: 5805, toMs: 7000 },
      { fromMs: 11_300, toMs: 11_500 },
    ],
  })

  expect((await judged(undefined, made)).objectives[0]?.measured).toEqual({
    lo: 1146.4,
    hi: 1253.4,
  })
})

test('the parts of the recovery add up to the whole', async () => {
  const { phases } = await judged()

  expect(phases.map(({ name }) => name)).toEqual(['detected', 'elected', 'balanced', 'settled'])
  expect(phases.at(-1)?.endedMs).toBe(1953.4)
  for (const [i, { startedMs }] of phases.entries()) {
    expect(startedMs).toBe(phases[i - 1]?.endedMs ?? 0)
  }
})

test('a recovery in which nobody saw a new leader is shown as unattributed', async () => {
  const { phases } = await judged((run) => {
    run.probes = run.probes.filter(
      (line) => line.kind !== 'sample' || !line.data.lane.startsWith('health'),
    )
  })

  expect(phases.map(({ name }) => name)).toEqual(['detected', 'unattributed', 'settled'])
})

test('without a fault there is no recovery to judge', async () => {
  const kinds = ['fault.planned', 'fault.injected', 'fault.witnessed', 'fault.healed'] as const
  const found = await judged(both(...kinds.map(without)), madeRun({ outages: [] }))

  expect(found.objectives[0]).toMatchObject({
    verdict: 'inconclusive',
    because: 'no fault was injected',
  })
})

describe('the three clocks', () => {
  test('count from the fault, from the first bad answer and from the procedure', async () => {
    const { clocks } = await judged(
      both(
        adding(6500, 'procedure.started', { procedure: 'rejoin-node', form: 'corrected' }),
        adding(6510, 'step.started', { procedure: 'rejoin-node', title: 'Start the node' }),
        adding(7000, 'step.ended', {
          procedure: 'rejoin-node',
          title: 'Start the node',
          outcome: 'done',
        }),
      ),
    )

    // First bad answer at 5,851.4 ms; certainly bad until 7,651.4, back by 7,753.4 ms.
    expect(clocks).toMatchObject({
      fault: { lo: 1846.4, hi: 1953.4 },
      detection: { lo: 1800, hi: 1902 },
      declaration: { lo: 1151.4, hi: 1253.4 },
      detectedMs: 51.4,
      firstGoodMs: 1953.4,
      declaredMs: 700,
      flaps: 0,
      namedShare: 1,
    })
    expect(clocks?.steps).toEqual([
      {
        procedure: 'rejoin-node',
        title: 'Start the node',
        startedMs: 710,
        endedMs: 1200,
        outcome: 'done',
      },
    ])
  })

  test('stand still when the service was back before the procedure', async () => {
    const started = { procedure: 'rejoin-node', form: 'corrected' } as const
    const { clocks } = await judged(adding(9000, 'procedure.started', started))

    expect(clocks?.declaration).toEqual({ lo: 0, hi: 0 })
  })

  test('have no end when the service had no stable run', async () => {
    const { clocks } = await judged(
      undefined,
      madeRun({ outages: [{ fromMs: 5805, toMs: 99_000 }] }),
    )

    expect(clocks).toMatchObject({
      fault: { hi: null },
      detection: { hi: null },
      firstGoodMs: null,
    })
    expect(clocks?.detection?.lo).toBeGreaterThan(5000)
  })

  test('have no detection when no client noticed', async () => {
    const { clocks } = await judged(undefined, madeRun({ outages: [] }))

    expect(clocks).toMatchObject({ detection: null, detectedMs: null, namedShare: null })
  })

  test('count how often the service was bad again', async () => {
    const made = madeRun({
      outages: [
        { fromMs: 5805, toMs: 7000 },
        { fromMs: 7500, toMs: 7800 },
      ],
    })

    // Once on each of the two lanes.
    expect((await judged(undefined, made)).clocks?.flaps).toBe(2)
  })

  test('are not there without a fault', async () => {
    const kinds = ['fault.planned', 'fault.injected', 'fault.witnessed', 'fault.healed'] as const

    expect((await judged(both(...kinds.map(without)))).clocks).toBeNull()
  })
})

test('a lane that is bad again while the hold-down of the other lasts was not stable', async () => {
  const badOn = (name: string, fromMs: number, toMs: number): Spoil => {
    return (run) => {
      for (const line of run.probes) {
        if (line.kind !== 'sample' || line.data.lane !== name) continue
        if (line.data.call < ns(fromMs) || line.data.call > ns(toMs)) continue
        line.data = { ...line.data, ok: false, status: 503 }
      }
    }
  }
  const quick: Spoil = objectives(rtoWithin(5000, { stableCount: 2, holdDownMs: 1000 }))
  // Writes are back at 7,000 and confirmed at 8,150; reads are back at 8,600 ms.
  const made = () => madeRun({ outages: [{ fromMs: 5805, toMs: 7000 }] })
  const slowReads = both(quick, badOn('read', 7000, 8600))
  const alone = await judged(slowReads, made())
  const again = await judged(both(slowReads, badOn('write', 9000, 9060)), made())

  expect(alone.clocks?.fault.hi).toBeCloseTo(2853.4)
  expect(again.clocks?.fault.hi).toBeCloseTo(3353.4)
})

test('availability counts what the clock demands, so a dead probe makes it worse', async () => {
  const stopping: Spoil = (run) => {
    run.probes = run.probes.filter((line) => line.kind !== 'sample' || line.data.call < ns(9000))
  }
  const whole = (await judged()).availability
  const half = (await judged(stopping)).availability

  // 10.6 s from steady to healing at 10 Hz; 19 slots are in the outage.
  expect(whole).toEqual([
    { lane: 'write', scheduled: 106, good: 87, share: 0.820755 },
    { lane: 'read', scheduled: 106, good: 87, share: 0.820755 },
  ])
  expect(half?.[0]).toMatchObject({ scheduled: 106, good: 67 })
})

describe('counted since the healing', () => {
  const sinceHealing = (limitMs: number): Spoil =>
    objectives({ ...rtoWithin(limitMs), since: 'healing' } as ObjectiveSpec, rpoSpec)
  const fault = { fault: 'f1', name: 'SIGKILL', target: 'vault-1' }
  /** From 6,400 to 6,500 ms, while the service is out. */
  const healed = both(
    without('fault.healed'),
    adding(6500, 'fault.healed', { ...fault, residue: [], began: ns(6400) }),
  )

  test.each([
    [1500, 'met'],
    [1300, 'inconclusive'],
    [1000, 'missed'],
  ] as const)('a limit of %i ms is %s', async (limitMs, word) => {
    const [found] = (await judged(both(sinceHealing(limitMs), healed))).objectives

    expect(found).toMatchObject({ verdict: word, measured: { lo: 1151.4, hi: 1353.4 } })
    expect(found?.because).toContain('after the healing of SIGKILL of vault-1')
  })

  test('the time of the fault itself does not count', async () => {
    const made = madeRun({ outages: [{ fromMs: 5805, toMs: 7700 }] })
    const late = both(
      without('fault.healed'),
      adding(8000, 'fault.healed', { ...fault, residue: [], began: ns(7900) }),
    )
    const [found] = (await judged(both(sinceHealing(500), late), made)).objectives

    expect(found).toMatchObject({ verdict: 'met' })
    expect(found?.because).toContain('no bad answer')
  })

  test.each([
    ['nothing was healed', without('fault.healed')],
    ['nobody noted when it began', changing('fault.healed', ({ began: _, ...data }) => data)],
  ])('when %s, it proves nothing', async (_, spoil) => {
    const [found] = (await judged(both(sinceHealing(5000), spoil))).objectives

    expect(found).toMatchObject({ verdict: 'inconclusive', because: 'no fault was healed' })
  })
})

describe('with what people are declared to need', () => {
  const declared = (...ms: readonly number[]): Spoil =>
    both(
      ...ms.map((declaredHumanMs) =>
        adding(8000, 'step.ended', {
          procedure: 'restore-cluster',
          title: 'Declare the loss',
          outcome: 'done',
          declaredHumanMs,
        }),
      ),
    )
  const limited = (limitMs: number) =>
    objectives({ ...rtoWithin(limitMs), people: 'added' } as ObjectiveSpec, rpoSpec)
  test.each([
    ['both together within the limit', 130_000, 'met', { lo: 121_846.4, hi: 121_953.4 }],
    ['together beyond it', 60_000, 'missed', { lo: 121_846.4, hi: 121_953.4 }],
  ] as const)('%s', async (_, limitMs, word, measured) => {
    const [found] = (await judged(both(limited(limitMs), declared(90_000, 30_000)))).objectives

    expect(found).toMatchObject({ verdict: word, measured })
    expect(found?.because).toContain('of which 2 min declared for people')
  })

  test('the time of machines alone is the same as ever', async () => {
    const [found] = (await judged(both(objectives(rtoWithin(5000), rpoSpec), declared(90_000))))
      .objectives

    expect(found?.measured).toEqual({ lo: 1846.4, hi: 1953.4 })
  })
})
