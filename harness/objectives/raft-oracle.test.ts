import { describe, expect, test } from 'vitest'
import { type MadeRun, madeRun, ns, recordOf } from './made-record.ts'
import { oracleReadings } from './raft-oracle.ts'
import { adding, both, changing, frozen, judged, type Spoil } from './spoiled.ts'

/** The good run with the names and the processes that a real one has. */
const crash =
  (ages: readonly [number, number, number] = [90_000, 90_000, 90_000], name = 'kill'): Spoil =>
  (run) => {
    for (const kind of [
      'fault.planned',
      'fault.injected',
      'fault.witnessed',
      'fault.healed',
    ] as const) {
      changing(kind, (data) => ({ ...data, name }))(run)
    }
    const nodes = Object.fromEntries(
      ages.map((ageMs, i) => [`vault-${i + 1}`, { pid: 100 + i, ageMs }]),
    )
    adding(5750, 'node.processes', { when: 'fault', nodes })(run)
  }

const backAt = (ms: number): MadeRun => madeRun({ outages: [{ fromMs: 5805, toMs: ms }] })
const leadsAt =
  (ms: number): Spoil =>
  (run) => {
    for (const line of run.probes) {
      if (
        line.kind === 'sample' &&
        line.data.status === 200 &&
        line.data.lane === 'health-vault-3'
      ) {
        if (line.data.call < ns(ms)) line.data = { ...line.data, status: 429 }
      }
    }
  }

describe('the Raft oracle', () => {
  test('holds a crash against the model, with what followed the election as it was', async () => {
    const { oracle = [], gates } = await judged(crash())

    expect(oracle).toEqual([
      {
        fault: 'f1',
        target: 'vault-1',
        heartbeatMs: 1000,
        youngestMs: 90_050,
        class: 'settled',
        expected: { min: 1072, p50: 2202, p90: 2746, p99: 3021 },
        allowance: { postUnsealMs: 110, balancerMs: 102 },
        measured: { lo: expect.any(Number), hi: expect.any(Number) },
        position: expect.any(Number),
        ratio: expect.any(Number),
        pace: 'as expected',
        because: expect.stringMatching(/^vault-1 was replaced after 1\.9\d s .*Raft's timers give/),
      },
    ])
    expect(oracle[0]?.ratio).toBeCloseTo(0.89, 2)
    expect(oracle[0]?.position).toBeGreaterThan(0.1)
    expect(oracle[0]?.position).toBeLessThan(0.4)
    expect(gates.find(({ id }) => id === 'raft-oracle')).toMatchObject({
      held: true,
      guards: ['rto'],
    })
  })

  test('takes a crash that was over too soon for none: a pass is vacuous, a miss stays', async () => {
    const quick = await judged(crash(), backAt(6500))
    expect(quick.oracle?.[0]).toMatchObject({ pace: 'too fast', position: 0 })
    expect(quick).toMatchObject({ verdict: 'inconclusive', cause: 'vacuous' })
    expect(quick.why).toMatch(
      /raft-oracle: vault-1 was replaced after 7\d\d ms .*no leader crashed/,
    )

    const limit: Spoil = changing('frozen', (data) => ({
      ...data,
      objectives: data.objectives.map((each) =>
        each.kind === 'rto' ? { ...each, limitMs: 100 } : each,
      ),
    }))
    expect((await judged(both(crash(), limit), backAt(6500))).verdict).toBe('failed')
  })

  test('knows the heartbeat timeout by the multiplier', async () => {
    const five = await judged(both(crash(), frozen({ multiplier: 5 })))
    expect(five.oracle?.[0]).toMatchObject({ heartbeatMs: 5000, pace: 'too fast' })
  })

  test('reports a crash that took far too long, and passes it all the same', async () => {
    const promise: Spoil = changing('frozen', (data) => ({
      ...data,
      objectives: [{ kind: 'rto', id: 'rto', limitMs: 9000, stableCount: 3, holdDownMs: 300 }],
    }))
    const late = madeRun({ outages: [{ fromMs: 5805, toMs: 11_200 }] })
    const found = await judged(both(crash(), leadsAt(11_150), promise), late)
    expect(found.oracle?.[0]).toMatchObject({ pace: 'slow', position: 1 })
    expect(found.oracle?.[0]?.because).toMatch(
      /^vault-1 was replaced after 5\.\d\d s .*, long after/,
    )
    expect(found.gates.find(({ id }) => id === 'raft-oracle')?.held).toBe(true)
    expect(found).toMatchObject({ verdict: 'passed' })
  })

  test.each([
    ['settled', [400, 90_000, 7_000]],
    ['young', [90_000, 90_000, 2_600]],
    ['young', [90_000, 6_800, 90_000]],
  ] as const)('calls survivors %s when the ages are %s', async (kind, ages) => {
    const [reading] = (await judged(crash(ages))).oracle ?? []
    expect(reading?.class).toBe(kind)
    expect(reading?.youngestMs).toBe(Math.min(ages[1], ages[2]) + 50)
  })

  test('expects more of young survivors', async () => {
    const [young] = (await judged(crash([90_000, 90_000, 1_000]))).oracle ?? []
    const [settled] = (await judged(crash())).oracle ?? []
    expect(young?.expected.p50).toBeGreaterThan((settled?.expected.p50 ?? 0) + 1000)
    expect(young?.because).toMatch(/a survivor being 1\.05 s old/)
  })

  test('says that ages were not recorded', async () => {
    const spoil = both(crash(), (run) => {
      run.journal = run.journal.filter(({ kind }) => kind !== 'node.processes')
    })
    expect((await judged(spoil)).oracle?.[0]).toMatchObject({ class: 'unknown', youngestMs: null })
  })

  test('has no recovery to place when there was none', async () => {
    const never = madeRun({ outages: [{ fromMs: 5805, toMs: 99_000 }] })
    const [reading] = (await judged(crash(), never)).oracle ?? []
    expect(reading).toMatchObject({ measured: { hi: null }, position: null, ratio: null })
  })

  test.each([
    ['a graceful stop', crash(undefined, 'stop')],
    ['a step-down', crash(undefined, 'step-down')],
    [
      'a standby',
      both(crash(), changing('fault.planned', onStandby), changing('fault.injected', onStandby)),
    ],
    [
      'a leader with whom the quorum goes',
      both(
        crash(),
        changing('node.processes', (data) => ({
          ...data,
          nodes: { ...data.nodes, 'vault-3': { pid: 0, ageMs: 0 } },
        })),
      ),
    ],
    [
      'a leader of a service that was bad already',
      both(crash(), (run) => {
        for (const line of run.probes) {
          const bad = line.kind === 'sample' && line.data.lane === 'read'
          if (bad && line.data.call > ns(5200) && line.data.call < ns(5500)) {
            line.data = { ...line.data, ok: false, status: 503 }
          }
        }
      }),
    ],
  ] as const)('does not judge the loss of %s', async (_what, spoil) => {
    const { oracle, gates } = await judged(spoil)
    expect(oracle).toEqual([])
    expect(gates.filter(({ id }) => id === 'raft-oracle')).toEqual([])
  })

  test('judges each crash of several by its own survivors', async () => {
    const run = madeRun({
      outages: [
        { fromMs: 5805, toMs: 7700 },
        { fromMs: 9005, toMs: 11_000 },
      ],
    })
    crash()(run)
    const event = { fault: 'f2', name: 'kill', target: 'vault-3' }
    const nodes = {
      'vault-1': { pid: 200, ageMs: 1000 },
      'vault-2': { pid: 101, ageMs: 93_000 },
      'vault-3': { pid: 102, ageMs: 93_000 },
    }
    adding(8800, 'fault.planned', { ...event, plan: {}, undo: 'undo/f2.json', final: false })(run)
    adding(8900, 'node.processes', { when: 'fault', nodes })(run)
    adding(9010, 'fault.injected', { ...event, issued: ns(9000), proven: ns(9005) })(run)
    const found = oracleReadings(await recordOf(run), { stableCount: 5, holdDownMs: 500 })
    expect(found.map(({ fault, class: kind, youngestMs }) => [fault, kind, youngestMs])).toEqual([
      ['f1', 'settled', 90_050],
      ['f2', 'young', 1100],
    ])
  })
})

function onStandby<T>(data: T): T {
  return { ...data, target: 'vault-2' }
}
