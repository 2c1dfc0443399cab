import { describe, expect, test } from 'vitest'
import { milliseconds } from '../lib/duration.ts'
import { recordOf } from '../selftest/memory-record.ts'
import { claim } from './claim.ts'
import { judgeScenario } from './judge.ts'
import { type MadeLoad, type MadeLoadOptions, madeLoad, point } from './made-load.ts'
import { FAULT_ISSUED_MS, type MadeRun, madeRun, SERVICE_BACK_MS } from './made-record.ts'
import { slo } from './slo.ts'

const promises = [
  slo({ op: 'all', p99: milliseconds(50), phases: ['after'] }),
  slo({ op: 'all', errors: 0.01, phases: ['after'] }),
]
const claims = [
  claim({
    source: 'HLD:1133',
    says: 'secret read P99 latency < 5 ms',
    slo: slo({ op: 'read', p99: milliseconds(5), phases: ['baseline'] }),
  }),
]

async function judged(
  spoil: (load: MadeLoad) => void,
  options: MadeLoadOptions = {},
  alter: (run: MadeRun) => void = () => {},
) {
  const run = madeRun({ frozen: { objectives: promises, claims, mustObserve: [] } })
  const load = madeLoad({
    objectives: promises,
    outages: [{ fromMs: FAULT_ISSUED_MS, toMs: SERVICE_BACK_MS, how: 'hung' }],
    ...options,
  })
  spoil(load)
  run.loads.push(load)
  alter(run)
  return judgeScenario(recordOf(run))
}

const ending = (change: Partial<MadeLoad['ended']>) => (load: MadeLoad) => {
  load.ended = { ...load.ended, ...change }
}
const summing =
  (change: (summary: NonNullable<MadeLoad['ended']['summary']>) => object) => (load: MadeLoad) => {
    if (load.ended.summary === undefined) return
    ending({ summary: { ...load.ended.summary, ...change(load.ended.summary) } })(load)
  }

describe('a load is not believed when', () => {
  test.each<[string, string, (load: MadeLoad) => void, RegExp]>([
    [
      'its generator used most of the machine',
      'load-generator',
      ending({ cpuMsPerS: 1100 }),
      /used 55 % of the CPUs; allowed are 40 %/,
    ],
    [
      'nobody measured what its generator used',
      'load-generator',
      (load) => {
        const { cpuMsPerS: _, ...ended } = load.ended
        load.ended = ended
      },
      /its CPU was not measured/,
    ],
    [
      'the machine could not send as often as planned',
      'load-generator',
      (load) => {
        load.started = { ...load.started, planned: 7560 }
      },
      /reached 360.0 iterations\/s of 720.0 asked for/,
    ],
    [
      'its generator never ended',
      'load-ended',
      (load) => {
        load.ended = { ...load.ended, load: 'other' }
      },
      /never ended in the journal/,
    ],
    ['somebody stopped its generator', 'load-ended', ending({ exitCode: 105 }), /ended with 105/],
    [
      'its script threw',
      'load-ended',
      ending({ exitCode: 107, said: 'ReferenceError: x is not defined' }),
      /ended with 107: ReferenceError: x is not defined/,
    ],
    [
      'a crossed threshold is without its exit code',
      'load-ended',
      ending({ exitCode: 0 }),
      /ended with 0 although a threshold was crossed \(http_req_failed rate<0.01\)/,
    ],
    [
      'k6 counted more requests',
      'load-summary',
      summing(({ requests }) => ({ requests: requests + 1 })),
      /k6 counted 3781 requests, its samples hold 3780/,
    ],
    [
      'k6 has another p99',
      'load-summary',
      summing(({ latencyMs }) => ({ latencyMs: { ...latencyMs, all: { p50: 4.9, p99: 7 } } })),
      /k6 has (4.9 ms for p50|7 ms for p99) of all, its samples give/,
    ],
    [
      'k6 dropped what its samples do not have',
      'load-summary',
      summing(() => ({ dropped: 4 })),
      /k6 dropped 4 iterations, its samples hold 0/,
    ],
    [
      'its samples hold other lines',
      'load-summary',
      (load) => load.lines.push('panic: runtime error'),
      /has 1 lines that k6 does not write/,
    ],
    [
      'requests were never sent',
      'load-dropped',
      (load) => {
        load.lines.push(point('dropped_iterations', 9000, 3, {}))
        summing(() => ({ dropped: 3 }))(load)
      },
      /3 requests were never sent, because no user was free/,
    ],
    [
      'k6 was not told of a promise',
      'load-thresholds',
      (load) => {
        load.started = { ...load.started, thresholds: {} }
      },
      /was not told of http_req_duration p\(99\)<50, which "slo-all-p99" promises/,
    ],
    [
      'a threshold was never evaluated',
      'load-thresholds',
      summing(({ thresholds: { http_reqs: _, ...thresholds } }) => ({ thresholds })),
      /never evaluated http_reqs count>0, which it was told to/,
    ],
    [
      'a threshold was evaluated that nobody asked for',
      'load-thresholds',
      summing(({ thresholds }) => ({ thresholds: { ...thresholds, vus: { 'value<9': false } } })),
      /evaluated vus value<9, which nobody asked for/,
    ],
  ])('%s', async (_what, gate, spoil, reason) => {
    const { verdict, gates, detected } = await judged(spoil)

    expect(gates.find(({ id }) => id === gate)?.reason).toMatch(reason)
    expect(detected).toContain(gate)
    expect(verdict).toBe('inconclusive')
  })

  test('the generator itself failed: that is nobody’s verdict', async () => {
    const { verdict, cause, why } = await judged(ending({ exitCode: 104, said: 'unknown metric' }))

    expect({ verdict, cause }).toEqual({ verdict: 'inconclusive', cause: 'infrastructure' })
    expect(why).toContain('the load generator ended with 104: unknown metric')
  })

  test('its samples are stamped outside of its life', async () => {
    const { detected, gates } = await judged((load) => {
      load.endedMs -= 1500
    })

    expect(detected).toContain('clocks')
    expect(gates.find(({ id }) => id === 'clocks')?.reason).toContain('load "open"')
  })
})

describe('a load is believed when', () => {
  test('the harness stopped it because the scenario was over', async () => {
    const stop = ending({ exitCode: 105, stopped: true })
    const { verdict, gates } = await judged(stop)

    expect(gates.filter(({ held }) => !held)).toEqual([])
    expect(verdict).toBe('passed')
  })

  test('requests were never sent in a phase that is not judged', async () => {
    const { verdict, loads } = await judged((load) => {
      load.lines.push(point('dropped_iterations', FAULT_ISSUED_MS + 900, 3, {}))
      summing(() => ({ dropped: 3 }))(load)
    })

    expect(verdict).toBe('passed')
    expect(loads?.[0]?.phases.map(({ phase, dropped }) => [phase, dropped])).toEqual([
      ['preparation', 0],
      ['baseline', 0],
      ['onset', 0],
      ['fault', 3],
      ['after', 0],
    ])
  })
})

test.each([
  ['not believed with three of ten seconds without a free CPU', 3, false],
  ['believed with two of ten', 2, true],
] as const)('without a probe a load is %s', async (_what, busy, held) => {
  const hostIdle = Array.from({ length: 10 }, (_, i) => (i < busy ? 0.01 : 0.4))
  const unwatched = (run: MadeRun) => {
    run.probes = run.probes.filter(({ kind }) => kind !== 'usage')
  }
  const { gates, verdict } = await judged(ending({ hostIdle }), {}, unwatched)

  expect(gates.find(({ id }) => id === 'host')).toMatchObject({
    held,
    reason: `the host had no CPU to spare in ${busy} of 10 seconds, allowed is a quarter of them`,
  })
  expect(verdict).toBe(held ? 'passed' : 'inconclusive')
})

test('a claim is held or not only where its numbers are believed', async () => {
  const fast = { latencyMs: () => 3 }

  expect((await judged(() => {}, fast)).claims[0]).toMatchObject({ held: true, limit: 5 })
  expect((await judged(() => {})).claims[0]).toMatchObject({ held: false })
  expect((await judged(ending({ cpuMsPerS: 1900 }), fast)).claims[0]).toMatchObject({ held: null })
})

test('what a load measured is told by phase and operation', async () => {
  const { loads } = await judged(() => {})

  expect(loads).toMatchSnapshot()
})
