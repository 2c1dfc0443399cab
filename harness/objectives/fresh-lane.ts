import type { RunRecord } from '../journal/read.ts'
import { callAt, firstSentFrom, isGood, type LaneSamples, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import { injectedFaults } from './fault-record.ts'
import { cutOff, isStable, type StableRule, stillBadAt } from './recovery.ts'
import { serviceRecoveries } from './service-recovery.ts'

/**
 * A kept-alive connection may pin a dead backend, or a good one that new clients cannot reach.
 * So a coarser lane with fresh connections must have come back at the same time, within its
 * resolution, and have stayed good for the rest of the hold-down. Where answers of both kinds
 * alternate, the coarser lane may miss the last bad ones, and nobody is pinned.
 */
export function freshLaneAgrees(
  record: RunRecord,
  rule: StableRule,
): { readonly held: boolean; readonly reason: string } {
  const fresh = record.lanes.find(({ info }) => info.kind === 'fresh-read')
  const read = record.lanes.find(({ info }) => info.kind === 'read' && info.judged)
  if (fresh === undefined || read === undefined || fresh.count === 0) {
    return { held: false, reason: 'no lane with fresh connections to compare with' }
  }
  const slackMs = fresh.info.intervalMs
  for (const { fault, lanes } of serviceRecoveries(record, rule)) {
    const kept = lanes.find(({ lane }) => lane === read.info.lane)
    // Without a stable run there is nothing to confirm: the objective is undecided or missed.
    if (kept === undefined || !isStable(kept)) continue
    // A dialled request takes longer, so the next fault catches some that were sent in good time.
    const next = injectedFaults(record.entries).find(({ issued }) => issued > fault.issued)
    const cutBy = kept.cutShort === true ? next?.issued : undefined
    const dialled = lastOutage(fresh, fault, kept.confirmedAt, cutBy)
    // The service is back with the slowest of its lanes: nobody is told that it was before.
    const backNs = Math.max(kept.hiNs, ...lanes.filter(isStable).map(({ hiNs }) => hiNs))
    const later = dialled.loNs - backNs
    const earlier = kept.loNs - dialled.hiNs
    const apartMs = Math.max(later, earlier) / NS_PER_MS
    const alternates = later <= earlier && alternatedBetween(read, fault, dialled, kept)
    if (apartMs > slackMs && !alternates) {
      const order = later > earlier ? 'after' : 'before'
      const reason = `fresh connections were good ${formatDuration({ ms: apartMs })} ${order} kept-alive ones, the resolution is ${slackMs} ms`
      return { held: false, reason }
    }
  }
  return { held: true, reason: `fresh connections tell the same within ${slackMs} ms` }
}

/** Most of what was sent after the one lane was good and before the other was, was answered well. */
function alternatedBetween(
  lane: LaneSamples,
  fault: { readonly issued: Ns; readonly proven: Ns },
  dialled: { readonly hiNs: Ns },
  kept: { readonly loNs: Ns },
): boolean {
  const to = fault.proven + kept.loNs
  let [good, bad] = [0, 0]
  for (let i = firstSentFrom(lane, fault.issued + dialled.hiNs); i < lane.count; i++) {
    if (callAt(lane, i) >= to) break
    if (isGood(lane, i)) good++
    else bad++
  }
  return good > bad
}

/**
 * The end of the last bad stretch up to `until`, counted from the fault as a bracket. What was
 * answered only after the next fault is no sign of this one.
 */
function lastOutage(
  lane: LaneSamples,
  fault: { readonly issued: Ns; readonly proven: Ns },
  until: Ns,
  nextFault: Ns = Number.POSITIVE_INFINITY,
): { readonly loNs: Ns; readonly hiNs: Ns } {
  const from = firstSentFrom(lane, fault.issued)
  let lastBad = cutOff(lane, fault.issued, from).at(-1)
  for (let i = from; i < lane.count && callAt(lane, i) <= until; i++) {
    if (!isGood(lane, i) && retAt(lane, i) < nextFault) lastBad = i
  }
  if (lastBad === undefined) return { loNs: 0, hiNs: 0 }
  const next = lastBad + 1
  return {
    loNs: Math.max(0, stillBadAt(lane, lastBad) - fault.proven),
    hiNs: next < lane.count ? retAt(lane, next) - fault.issued : Number.POSITIVE_INFINITY,
  }
}
