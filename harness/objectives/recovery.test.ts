import { describe, expect, test } from 'vitest'
import { type MadeTrouble, madeLane } from '../journal/made-lane.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { Seed } from '../lib/seed.ts'
import { recoveryOf } from './recovery.ts'

const rule = { stableCount: 20, holdDownMs: 2000 }
const fault = { issued: 1000 * NS_PER_MS, proven: 1004 * NS_PER_MS }
const recovery = (untilMs: number, troubles: readonly MadeTrouble[], nextFaultMs?: number) =>
  recoveryOf(
    madeLane({ untilMs, troubles }),
    fault,
    rule,
    nextFaultMs === undefined ? {} : { nextFault: nextFaultMs * NS_PER_MS },
  )
const ms = (ns: number | undefined): number => Math.round((ns ?? Number.NaN) / NS_PER_MS)

describe('the end of an outage', () => {
  test('is the first good sample of a run without a bad one in the hold-down', () => {
    const found = recovery(6000, [{ fromMs: 1003, toMs: 2000, how: 'refused' }])

    expect(found).toMatchObject({ state: 'stable', flaps: 0 })
    expect([ms(found.loNs), ms(found.hiNs)]).toEqual([993, 1002])
  })

  test('is not a good stretch that a bad sample ends within the hold-down', () => {
    const found = recovery(8000, [
      { fromMs: 1003, toMs: 2000, how: 'refused' },
      { fromMs: 3500, toMs: 3600, how: 'refused' },
    ])

    expect(found).toMatchObject({ state: 'stable', flaps: 1 })
    expect([ms(found.loNs), ms(found.hiNs)]).toEqual([2593, 2602])
  })

  test('is the first of two when the second comes after the hold-down', () => {
    const found = recovery(9000, [
      { fromMs: 1003, toMs: 2000, how: 'refused' },
      { fromMs: 4300, toMs: 4400, how: 'refused' },
    ])

    expect(ms(found.hiNs)).toBe(1002)
  })

  test('is unknown when the record ends before the hold-down', () => {
    const found = recovery(3500, [{ fromMs: 1003, toMs: 2000, how: 'refused' }])

    expect(found).toMatchObject({ state: 'unfinished' })
    expect(found.hiNs).toBeUndefined()
    expect(ms(found.loNs)).toBe(993)
  })

  test('never comes when the last sample is bad', () => {
    const found = recovery(5000, [{ fromMs: 1003, toMs: 9000, how: 'refused' }])

    expect(found).toMatchObject({ state: 'never' })
    expect(ms(found.loNs)).toBeGreaterThan(3900)
  })

  test('does not count a request that hung as bad until its deadline', () => {
    const found = recovery(9000, [{ fromMs: 1003, toMs: 4000, how: 'lost' }])

    expect(ms(found.hiNs)).toBe(3002)
    expect(ms(found.loNs)).toBe(2991)
  })

  test('is before the next fault when the service was good by then', () => {
    const found = recovery(
      9000,
      [
        { fromMs: 1003, toMs: 2000, how: 'refused' },
        { fromMs: 2800, toMs: 4000, how: 'refused' },
      ],
      2795,
    )

    expect(found).toMatchObject({ state: 'stable', cutShort: true })
    expect(ms(found.hiNs)).toBe(1002)
  })

  test('is after the next fault when the service was still bad then', () => {
    const found = recovery(9000, [{ fromMs: 1003, toMs: 4000, how: 'refused' }], 2795)

    expect(ms(found.hiNs)).toBe(3002)
  })
})

test('a request that the fault cut off is a bad sample of it', () => {
  const troubles: MadeTrouble[] = [{ fromMs: 1000, toMs: 1001.05, how: 'lost' }]
  const lane = madeLane({ untilMs: 6000, troubles, latencyMs: () => 10 })

  expect(recoveryOf(lane, fault, rule)).toMatchObject({ bad: 1, state: 'stable' })
})

test('without a bad sample the upper bound is one interval as it really was', () => {
  const lane = madeLane({ untilMs: 6000, troubles: [], skip: (slot) => slot === 300 })

  const found = recoveryOf(lane, fault, rule)

  expect(found).toMatchObject({ state: 'stable', bad: 0, loNs: 0 })
  expect(ms(found.hiNs)).toBe(10)
})

test('in 400 simulated outages the bracket always contains the truth', () => {
  const seed = new Seed('bracket')
  for (let i = 0; i < 400; i++) {
    const draw = (what: string, from: number, to: number): number =>
      from + seed.fraction(`${i}/${what}`) * (to - from)
    const issuedMs = draw('issued', 500, 600)
    const effectMs = issuedMs + draw('effect', 0, 150)
    const provenMs = effectMs + draw('proof', 0, 1200)
    const backMs = effectMs + draw('length', 20, 3000)
    const how = seed.pick(`${i}/how`, ['refused', 'hung', 'lost'] as const)
    const flapFromMs = backMs + draw('flap', 100, 500)
    const flapToMs = flapFromMs + draw('flap length', 20, 200)
    const flaps = seed.fraction(`${i}/flaps`) < 0.3
    const late = Array.from({ length: 97 }, (_, slot) => draw(`late/${slot}`, 0.05, 12))
    const latency = Array.from({ length: 89 }, (_, slot) => draw(`latency/${slot}`, 0.5, 20))
    const lane = madeLane({
      untilMs: backMs + 4500,
      troubles: [
        { fromMs: effectMs, toMs: backMs, how },
        ...(flaps ? [{ fromMs: flapFromMs, toMs: flapToMs, how: 'refused' as const }] : []),
      ],
      lateMs: (slot) => late[slot % late.length] as number,
      latencyMs: (slot) => latency[slot % latency.length] as number,
    })
    const ns = (value: number): number => Math.round(value * NS_PER_MS)

    const found = recoveryOf(
      lane,
      { issued: ns(issuedMs), proven: ns(provenMs) },
      { stableCount: 20, holdDownMs: 1500 },
    )

    const truthMs = (flaps ? flapToMs : backMs) - effectMs
    const seen = `case ${i}, ${how}: ${truthMs} in ${found.loNs / NS_PER_MS}…${(found.hiNs ?? 0) / NS_PER_MS}`
    expect(found.state, seen).toBe('stable')
    expect(found.loNs / NS_PER_MS, seen).toBeLessThanOrEqual(truthMs)
    if (found.bad === 0) {
      // Every request that hung was answered in time, which is no outage by definition.
      expect(how, seen).toBe('hung')
      expect(truthMs, seen).toBeLessThan(1000)
    } else expect((found.hiNs ?? 0) / NS_PER_MS, seen).toBeGreaterThanOrEqual(truthMs)
  }
})
