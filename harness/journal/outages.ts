import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { callAt, isGood, type LaneSamples, retAt } from './samples.ts'

/** An interval of bad samples; the truth lies between its inner and its outer bounds. */
export type Outage = {
  /** Sending of the last good sample before, answer of the first good one after. */
  readonly outer: { readonly from: Ns; readonly to: Ns }
  /** Sending of the first and of the last bad sample. */
  readonly inner: { readonly from: Ns; readonly to: Ns }
  readonly bad: number
  /** False when the record ends before a good sample. */
  readonly over: boolean
}

/** Outages closer than this are one: a single good answer between two is not a recovery. */
const MERGE_GAP_MS = 1000

/**
 * All outages of a lane, merged when less than 1 s of good samples lies between them.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function outagesOf(lane: LaneSamples, mergeGapMs = MERGE_GAP_MS): readonly Outage[] {
  const outages: Outage[] = []
  let i = 0
  while (i < lane.count) {
    if (isGood(lane, i)) {
      i++
      continue
    }
    const first = i
    let last = i
    let bad = 0
    for (; i < lane.count; i++) {
      if (!isGood(lane, i)) {
        last = i
        bad++
      } else if (callAt(lane, i) - callAt(lane, last) >= mergeGapMs * NS_PER_MS) break
    }
    const after = last + 1 < lane.count ? last + 1 : undefined
    outages.push({
      outer: {
        from: callAt(lane, Math.max(0, first - 1)),
        to: after === undefined ? retAt(lane, last) : retAt(lane, after),
      },
      inner: { from: callAt(lane, first), to: callAt(lane, last) },
      bad,
      over: after !== undefined,
    })
  }
  return outages
}
