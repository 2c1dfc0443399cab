import type { RunRecord } from '../journal/read.ts'
import { isJudged, retAt } from '../journal/samples.ts'
import type { Ns } from '../lib/clock.ts'
import { leaderSightings } from './leadership.ts'
import { type ServiceRecovery, toMs } from './service-recovery.ts'

/** A part of the recovery time, in milliseconds since the fault was issued. */
export type RecoveryPhase = {
  readonly name: 'detected' | 'elected' | 'balanced' | 'settled' | 'unattributed'
  readonly startedMs: number
  readonly endedMs: number
  /** What marks its end. */
  readonly detail: string
}

/**
 * Where the recovery time went: fault → first bad answer → another node leads → first good
 * answer through the balancer → stable. The instants come from different observers; what no
 * observer can name is `unattributed`.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function recoveryPhases(
  record: RunRecord,
  recovery: ServiceRecovery | undefined,
): readonly RecoveryPhase[] {
  if (recovery === undefined || recovery.bad === 0 || !recovery.stable) return []
  const { fault, lanes } = recovery
  const end = Math.max(...lanes.map(({ stableAt }) => stableAt ?? 0))
  const firstBad = firstBadAnswer(record, recovery, end)
  const firstGood = Math.max(...lanes.map(({ firstGoodAt }) => firstGoodAt ?? 0))
  const leader = newLeader(record, fault.issued, firstBad, firstGood)
  const marks: { name: RecoveryPhase['name']; at: Ns; detail: string }[] = [
    { name: 'detected', at: firstBad, detail: 'first bad answer to a client' },
  ]
  if (leader === undefined) {
    marks.push({ name: 'unattributed', at: firstGood, detail: 'no new leader was seen' })
  } else {
    marks.push({ name: 'elected', at: leader.t, detail: `${leader.node} leads` })
    marks.push({ name: 'balanced', at: firstGood, detail: 'first good answer by the balancer' })
  }
  marks.push({ name: 'settled', at: end, detail: 'start of the stable run' })
  let started = 0
  return marks.map(({ name, at, detail }) => {
    const endedMs = Math.max(started, toMs(Math.min(at, end) - fault.issued))
    const phase = { name, startedMs: started, endedMs, detail }
    started = endedMs
    return phase
  })
}

/** Clients know that something is wrong when they are told, not when they asked. */
export function firstBadAnswer(
  record: RunRecord,
  { fault, lanes }: Pick<ServiceRecovery, 'fault' | 'lanes'>,
  end: Ns,
): Ns {
  let first = end
  for (const lane of record.lanes.filter(isJudged)) {
    const from = lanes.find(({ lane: name }) => name === lane.info.lane)?.firstBadAt
    if (from === undefined) continue
    for (let i = 0; i < lane.count; i++) {
      if (lane.ok[i] === 0 && (lane.call[i] as number) >= from) {
        first = Math.min(first, Math.max(fault.issued, retAt(lane, i)))
      }
    }
  }
  return first
}

function newLeader(
  record: RunRecord,
  issued: Ns,
  from: Ns,
  to: Ns,
): { readonly node: string; readonly t: Ns } | undefined {
  const sightings = leaderSightings(record)
  const before = sightings.findLast(({ t }) => t < issued)?.node
  const seen = sightings.find(({ node, t }) => t >= issued && t <= to && node !== before)
  // Another node may lead before a client's hung request is told anything.
  return seen === undefined ? undefined : { node: seen.node, t: Math.max(seen.t, from) }
}
