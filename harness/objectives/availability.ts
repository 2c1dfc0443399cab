import type { RunRecord } from '../journal/read.ts'
import { callAt, firstSentFrom, isGood, isJudged } from '../journal/samples.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { lastStartOf, startOf } from './phase-span.ts'

/** How much of what a judged lane should have asked was answered well. */
export type LaneAvailability = {
  readonly lane: string
  readonly scheduled: number
  readonly good: number
  /** good / scheduled, 0…1. */
  readonly share: number
}

/**
 * From the start of the steady phase to the end of the body. The denominator is what the clock
 * demands and not what was sent: a probe that stops makes the service worse, never better.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function laneAvailability(record: RunRecord): readonly LaneAvailability[] {
  const from = lastStartOf(record.entries, 'steady')
  const to = startOf(record.entries, 'heal') ?? record.entries.at(-1)?.t
  if (from === undefined || to === undefined || to <= from) return []
  return record.lanes.filter(isJudged).map((lane) => {
    const scheduled = Math.max(1, Math.floor((to - from) / (lane.info.intervalMs * NS_PER_MS)))
    const slots = new Set<number>()
    for (let i = firstSentFrom(lane, from); i < lane.count && callAt(lane, i) < to; i++) {
      if (isGood(lane, i)) slots.add(lane.slot[i] as number)
    }
    // A slot at each end may fall on either side of it.
    const good = Math.min(slots.size, scheduled)
    const share = Math.round((1_000_000 * good) / scheduled) / 1_000_000
    return { lane: lane.info.lane, scheduled, good, share }
  })
}
