import { outagesOf } from '../journal/outages.ts'
import type { RunRecord } from '../journal/read.ts'
import { isJudged } from '../journal/samples.ts'
import { toMs } from './service-recovery.ts'

export type LaneOutages = {
  readonly lane: string
  readonly count: number
  /** Length of the longest one, and of all, in milliseconds. */
  readonly longest: { readonly lo: number; readonly hi: number }
  readonly sum: { readonly lo: number; readonly hi: number }
}

/** The outages of each judged lane in the whole record. */
export function laneOutages(record: RunRecord): readonly LaneOutages[] {
  return record.lanes.filter(isJudged).map((lane) => {
    const lengths = outagesOf(lane).map(({ inner, outer }) => ({
      lo: toMs(inner.to - inner.from),
      hi: toMs(outer.to - outer.from),
    }))
    const longest = { lo: 0, hi: 0 }
    const sum = { lo: 0, hi: 0 }
    for (const { lo, hi } of lengths) {
      longest.lo = Math.max(longest.lo, lo)
      longest.hi = Math.max(longest.hi, hi)
      sum.lo = rounded(sum.lo + lo)
      sum.hi = rounded(sum.hi + hi)
    }
    return { lane: lane.info.lane, count: lengths.length, longest, sum }
  })
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000
