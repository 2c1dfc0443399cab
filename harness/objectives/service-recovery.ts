import type { RunRecord } from '../journal/read.ts'
import { isJudged, type LaneSamples } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { healings, type InjectedFault, injectedFaults } from './fault-record.ts'
import { startOf } from './phase-span.ts'
import { isStable, type Recovery, recoveryOf, type StableRule } from './recovery.ts'

/** Recovery of the service from one fault: the slower of writes and reads. */
export type ServiceRecovery = {
  readonly fault: InjectedFault
  readonly lanes: readonly Recovery[]
  readonly stable: boolean
  readonly loMs: number
  readonly hiMs: number | null
  readonly bad: number
}

/**
 * The recovery from each injected fault, in order.
 *
 * Which fault an outage counts from: every fault starts a clock, which runs to the first stable
 * run after it. A fault that comes while the service is bad does not restart the clock of the
 * one before; one that comes while the service is good ends the hold-down of the one before.
 * A fault without a bad sample before the next one came, within its hold-down, was only a step
 * on the way to that one and is left out.
 * What happens from the read-back on is not counted: it rotates the leadership on purpose.
 */
export const serviceRecoveries = (
  record: RunRecord,
  rule: StableRule,
): readonly ServiceRecovery[] => recoveriesAfter(injectedFaults(record.entries), record, rule)

/** The recovery from each healing, by the same rules: what ends a fault may disturb as well. */
export const healingRecoveries = (
  record: RunRecord,
  rule: StableRule,
): readonly ServiceRecovery[] => recoveriesAfter(healings(record.entries), record, rule)

function recoveriesAfter(
  faults: readonly InjectedFault[],
  record: RunRecord,
  rule: StableRule,
): readonly ServiceRecovery[] {
  const judged = record.lanes.filter(isJudged)
  if (judged.length === 0) return []
  const until = startOf(record.entries, 'read-back') ?? Number.POSITIVE_INFINITY
  return faults.flatMap((fault, i) => {
    const next = faults[i + 1]
    const end = next === undefined ? { until } : { until, nextFault: next.issued }
    const lanes = together(judged, fault, rule, end)
    const onlyAStep = lanes.every(({ cutShort, bad }) => cutShort === true && bad === 0)
    return onlyAStep ? [] : [inService(fault, lanes)]
  })
}

/**
 * One service is good when all its lanes are: a lane that is bad again while the hold-down of a
 * slower one lasts was not stable either.
 */
function together(
  judged: readonly LaneSamples[],
  fault: InjectedFault,
  rule: StableRule,
  end: { readonly until: Ns; readonly nextFault?: Ns },
): readonly Recovery[] {
  let holdUntil = 0
  while (true) {
    const lanes = judged.map((lane) => recoveryOf(lane, fault, rule, { ...end, holdUntil }))
    const confirmed = Math.max(...lanes.map(({ confirmedAt }) => confirmedAt ?? 0))
    if (confirmed <= holdUntil || !lanes.every(isStable)) return lanes
    holdUntil = confirmed
  }
}

function inService(fault: InjectedFault, lanes: readonly Recovery[]): ServiceRecovery {
  const stable = lanes.every(isStable)
  const his = lanes.map((lane) => lane.hiNs ?? Number.POSITIVE_INFINITY)
  return {
    fault,
    lanes,
    stable,
    loMs: toMs(Math.max(...lanes.map((lane) => lane.loNs))),
    hiMs: stable ? toMs(Math.max(...his)) : null,
    bad: lanes.reduce((sum, lane) => sum + lane.bad, 0),
  }
}

/** The longest one; one that never ended is longer than all that did. */
export function slowest(recoveries: readonly ServiceRecovery[]): ServiceRecovery | undefined {
  const length = (r: ServiceRecovery): number => r.hiMs ?? Number.POSITIVE_INFINITY
  return recoveries.reduce<ServiceRecovery | undefined>((longest, r) => {
    if (longest === undefined || length(r) > length(longest)) return r
    return length(r) === length(longest) && r.loMs > longest.loMs ? r : longest
  }, undefined)
}

/** Milliseconds with microseconds behind the point: what a verdict prints and compares. */
export const toMs = (ns: Ns): number => Math.round(ns / 1000) / (NS_PER_MS / 1000)
