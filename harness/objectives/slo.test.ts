import { describe, expect, test } from 'vitest'
import type { LoadPhase } from '../journal/entry.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { recordOf } from '../selftest/memory-record.ts'
import { judgeScenario } from './judge.ts'
import { type MadeLoad, type MadeLoadOptions, madeLoad } from './made-load.ts'
import { FAULT_ISSUED_MS, madeRun, SERVICE_BACK_MS } from './made-record.ts'
import { type SloSpec, slo } from './slo.ts'

test('a service level is named by what it measures', () => {
  expect(slo({ op: 'read', p99: milliseconds(20), phases: ['steady'], source: 'HLD:749' })).toEqual(
    {
      kind: 'slo',
      id: 'slo-read-p99',
      op: 'read',
      of: 'p99',
      limit: 20,
      phases: ['steady'],
      source: 'HLD:749',
    },
  )
  expect(slo({ op: 'all', errors: 0.001, phases: ['after'], id: 'errors' })).toMatchObject({
    id: 'errors',
    of: 'errors',
    limit: 0.001,
  })
})

const OUTAGE = { fromMs: FAULT_ISSUED_MS, toMs: SERVICE_BACK_MS, how: 'hung' } as const
const p99 = slo({ op: 'all', p99: milliseconds(50), phases: ['after'] })
const errors = slo({ op: 'all', errors: 0.01, phases: ['after'] })

async function judged(
  objectives: readonly SloSpec[],
  options: MadeLoadOptions = {},
  {
    spoil = () => {},
    isBroken = true,
    hostIdle,
  }: {
    readonly spoil?: (load: MadeLoad) => void
    readonly isBroken?: boolean
    readonly hostIdle?: number
  } = {},
) {
  const run = madeRun({ frozen: { objectives, claims: [], mustObserve: [] } })
  if (!isBroken) {
    run.journal = run.journal.filter(({ kind }) => !kind.startsWith('fault.') && kind !== 'stable')
  }
  for (const line of run.probes) {
    if (line.kind === 'usage' && hostIdle !== undefined) line.data = { ...line.data, hostIdle }
  }
  const outages = options.outages ?? (isBroken ? [OUTAGE] : [])
  const load = madeLoad({ ...options, objectives, outages })
  spoil(load)
  run.loads.push(load)
  return judgeScenario(recordOf(run))
}

describe('a service level is', () => {
  test('met where the service is fast again after the fault', async () => {
    const { verdict, objectives, why } = await judged([p99, errors])

    expect(why).toMatchInlineSnapshot(
      `"p99 of requests in "after" 8 ms (1188 requests), limit 50 ms; failed requests in "after" 0 % (0 of 1188 requests), limit 1 %"`,
    )
    expect(verdict).toBe('passed')
    expect(objectives.map(({ measured }) => measured)).toEqual([expect.closeTo(8, 1), 0])
  })

  test('said to be of less than the document’s load, where less was sent', async () => {
    const { objectives, loads } = await judged(
      [p99],
      {},
      {
        spoil: (load) => {
          load.started = { ...load.started, documentedPerS: 720 }
        },
      },
    )

    expect(objectives[0]?.because).toMatch(
      /limit 50 ms; at 360 requests\/s, of the document's 720$/,
    )
    expect(loads?.[0]?.documentedPerS).toBe(720)
  })

  test('missed where it stays slow after the fault', async () => {
    const { verdict, why } = await judged([p99], {
      latencyMs: (i, sent) => (sent > SERVICE_BACK_MS ? 80 : 4) + (i % 7) / 10,
    })

    expect(verdict).toBe('failed')
    expect(why).toMatchInlineSnapshot(
      `"SLO p99 missed: p99 of requests in "after" 80.6 ms (1188 requests), limit 50 ms"`,
    )
  })

  test.each([
    ['from the first instant of a fault on', 5895, 'missed'],
    ['before it, in none of its phases', FAULT_ISSUED_MS, 'met'],
  ])('counted by its failures %s', async (_, toMs, word) => {
    const inFault = slo({ op: 'all', errors: 0.01, phases: ['fault'] })
    const outages = [{ fromMs: FAULT_ISSUED_MS - 3, toMs, how: 'refused' as const }]
    const { objectives } = await judged([inFault], { outages })

    expect(objectives[0]?.verdict).toBe(word)
  })

  test('inconclusive, not missed, where it did not hold before the fault either', async () => {
    const { verdict, cause, why, detected } = await judged([p99], { latencyMs: () => 61 })

    expect({ verdict, cause, detected }).toEqual({
      verdict: 'inconclusive',
      cause: 'assumption',
      detected: ['load-baseline', 'slo'],
    })
    expect(why).toMatchInlineSnapshot(
      `"SLO p99 is inconclusive: load-baseline: before the fault: p99 of requests 61 ms (1836 requests), limit 50 ms: the host is too slow; without this doubt: missed, p99 of requests in "after" 61 ms (1188 requests), limit 50 ms"`,
    )
  })

  const gap = slo({ op: 'all', gap: seconds(2), phases: ['fault', 'recovery', 'after'] })
  test.each([
    ['met', 'bounded by the recovery', SERVICE_BACK_MS],
    ['missed', 'longer than the service was away', SERVICE_BACK_MS + 1500],
  ])('%s by the longest gap of a user, %s', async (word, _what, toMs) => {
    const outages = [{ fromMs: FAULT_ISSUED_MS, toMs, how: 'refused' as const }]
    const { objectives } = await judged([gap], { outages })

    expect(objectives[0]).toMatchObject({ verdict: word, unit: 'ms', limit: 2000 })
    expect(objectives[0]?.because).toMatch(
      /longest gap of a user in "\w+" [\d.]+ m?s \(each is served every 111 ms\), limit 2000 ms/,
    )
  })

  test('undecided by the longest gap of a user where next to nobody asked for anything', async () => {
    const { verdict, cause, why } = await judged([gap], { toMs: SERVICE_BACK_MS - 1700 })

    expect({ verdict, cause }).toEqual({ verdict: 'inconclusive', cause: 'undecided' })
    expect(why).toMatch(/\d requests in fault, recovery, after together, 100 are needed for a gap/)
  })

  const tailOf = (ms: number) => (i: number, sent: number) =>
    sent > SERVICE_BACK_MS && i % 20 === 0 ? ms : 4
  const slowAll = (_: number, sent: number) => (sent > SERVICE_BACK_MS ? 80 : 4)
  test.each([
    [
      'inconclusive',
      'one request of twenty is slow on a host with little to spare',
      tailOf(80),
      0.22,
    ],
    ['failed', 'one request of twenty is slow on a host with CPUs to spare', tailOf(80), 0.4],
    ['failed', 'every request is slow, whatever the host has to spare', slowAll, 0.22],
    ['passed', 'the tail keeps the limit on a host with little to spare', tailOf(40), 0.22],
  ])('%s where %s', async (word, _what, latencyMs, hostIdle) => {
    const { verdict, gates } = await judged([p99], { latencyMs }, { hostIdle })

    expect(verdict).toBe(word)
    const doubts = gates.filter(({ id, held }) => id === 'host' && !held)
    expect(doubts.map(({ reason }) => reason)).toEqual(
      word === 'inconclusive'
        ? [
            'p99 of requests in "after" 80.1 ms, and the host had 22 % of the CPUs to spare in its middle second, needed is a third for a tail to be the product\'s',
          ]
        : [],
    )
  })

  test('missed without a fault, however slow the host is', async () => {
    const spec = slo({ op: 'all', p99: milliseconds(50), phases: ['steady'] })
    const { verdict, why } = await judged([spec], { latencyMs: () => 61 }, { isBroken: false })

    expect(verdict).toBe('failed')
    expect(why).toMatchInlineSnapshot(
      `"SLO p99 missed: p99 of requests in "steady" 61 ms (3780 requests), limit 50 ms"`,
    )
  })

  test('undecided with too few requests for its quantile', async () => {
    const { verdict, cause, why } = await judged([
      slo({ op: 'write', p99: milliseconds(50), phases: ['after'] }),
    ])

    expect({ verdict, cause }).toEqual({ verdict: 'inconclusive', cause: 'undecided' })
    expect(why).toMatchInlineSnapshot(
      `"SLO write-p99 is inconclusive: 119 write requests in the phase "after", 1000 are needed for p99"`,
    )
  })

  test.each<[string, LoadPhase, 'met' | 'missed']>([
    ['a refusal is no fast answer', 'fault', 'missed'],
    ['what was sent before the fault is no part of it', 'baseline', 'met'],
  ])('judged where %s', async (_what, phase, verdict) => {
    const spec = slo({ op: 'all', p50: milliseconds(50), phases: [phase] })
    const { objectives } = await judged([spec], { outages: [{ ...OUTAGE, how: 'refused' }] })

    expect(objectives[0]?.verdict).toBe(verdict)
  })

  test('inconclusive for a closed load: its users wait with the service', async () => {
    const spec = slo({ op: 'all', p99: milliseconds(50), phases: ['after'], load: 'closed' })
    const { verdict, why } = await judged([spec], { load: 'closed', model: 'closed' })

    expect(verdict).toBe('inconclusive')
    expect(why).toContain('a closed load is never judged')
  })

  test('inconclusive without a load', async () => {
    const run = madeRun({ frozen: { objectives: [p99], claims: [], mustObserve: [] } })
    const { verdict, cause } = judgeScenario(recordOf(run))

    expect({ verdict, cause }).toEqual({ verdict: 'inconclusive', cause: 'vacuous' })
  })
})
