import type { RunRecord } from '../journal/read.ts'
import { callAt, firstSentFrom, isJudged, type LaneSamples } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { injectedFaults } from './fault-record.ts'
import { startOf } from './phase-span.ts'
import type { StableRule } from './recovery.ts'
import { serviceRecoveries } from './service-recovery.ts'

/** How completely a lane looked at a stretch of time. */
export type Coverage = {
  readonly lane: string
  readonly scheduled: number
  readonly onTime: number
  readonly widestGapMs: number
  readonly sound: boolean
}

const ON_TIME_MS = 25
const SHARE_MIN = 0.99
const GAP_MAX_MS = 100
/** From this interval on, a slot is on time within one interval, and three may lie between two. */
const COARSE_MS = 50

/**
 * Coverage of the judged lanes from 1 s before the first fault to the end of the last stable
 * run; without a fault or a stable run, to the healing, before which no lane may end, or where
 * the record does not come so far, to the end of the lane.
 * @see docs/decisions/lane-rates.md
 */
export function probeCoverage(
  record: RunRecord,
  rule: StableRule,
  whole: { readonly from: Ns; readonly to: Ns },
): readonly Coverage[] {
  const first = injectedFaults(record.entries)[0]
  const from = first === undefined ? whole.from : first.issued - 1000 * NS_PER_MS
  const recoveries = serviceRecoveries(record, rule)
  const ends = recoveries.flatMap(({ lanes }) => lanes.map(({ confirmedAt }) => confirmedAt))
  return record.lanes.filter(isJudged).map((lane) => {
    const last = lane.count === 0 ? from : callAt(lane, lane.count - 1)
    const known = ends.length > 0 && ends.every((end) => end !== undefined)
    const healing = startOf(record.entries, 'heal') ?? Math.max(last, from)
    const to = known ? Math.max(...(ends as readonly Ns[])) : Math.min(whole.to, healing)
    return coverageOf(lane, from, to)
  })
}

export function coverageOf(lane: LaneSamples, from: Ns, to: Ns): Coverage {
  const intervalMs = lane.info.intervalMs
  const coarse = intervalMs >= COARSE_MS
  const lateMaxMs = coarse ? intervalMs : ON_TIME_MS
  const gapMaxMs = coarse ? 3 * intervalMs : GAP_MAX_MS
  const scheduled = Math.floor((to - from) / (intervalMs * NS_PER_MS))
  const seen = new Set<number>()
  let widest = 0
  let previous = from
  // A slot of this stretch may be sent late; one before it may have been sent within it.
  for (let i = firstSentFrom(lane, from); i < lane.count && callAt(lane, i) <= to; i++) {
    const call = callAt(lane, i)
    widest = Math.max(widest, call - previous)
    previous = call
    const late = call - (lane.intended[i] as number)
    // Counted by slot: a probe that sends one slot twice has not looked twice.
    if (late <= lateMaxMs * NS_PER_MS) seen.add(lane.slot[i] as number)
  }
  widest = Math.max(widest, to - previous)
  const onTime = Math.min(seen.size, scheduled)
  const widestGapMs = Math.round(widest / NS_PER_MS)
  const sound = scheduled > 0 && onTime / scheduled >= SHARE_MIN && widest <= gapMaxMs * NS_PER_MS
  return { lane: lane.info.lane, scheduled, onTime, widestGapMs, sound }
}
