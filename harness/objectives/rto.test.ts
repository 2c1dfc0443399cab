import { describe, expect, test } from 'vitest'
import { madeRun, ns } from './made-record.ts'
import {
  adding,
  both,
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
