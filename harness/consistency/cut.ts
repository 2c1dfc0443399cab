import type { Ns } from '../lib/clock.ts'

/**
 * The cut rule: a restored snapshot is one instant for all keys at once. What was acknowledged
 * before that instant is there, and what was written after it is not; so the last write that was
 * recovered and the first one that was lost say where the instant can be, and whether there is one.
 * @see docs/decisions/two-checkers.md
 */

/** One write of a value that no other write has, so that it can be found again or not. */
export type CutWrite = {
  readonly call: Ns
  /** ∞ without an answer. */
  readonly ret: Ns
  readonly acknowledged: boolean
  /** Found in the read-out, with its own content. */
  readonly recovered: boolean
}

export type Span = { readonly call: Ns; readonly ret: Ns }

export type CutInput = {
  readonly writes: readonly CutWrite[]
  /** Until the end of its download: the answer begins before the content is known. */
  readonly snapshot?: Span
  /** Until it is proved to be in force: its answer comes seconds before that. */
  readonly restore?: Span
}

export type CutReason =
  | 'acknowledged before the snapshot and lost'
  | 'written after the snapshot and present'
  | 'inconsistent cut'
  | 'acknowledged after the restore and lost'

export type Cut = {
  /** Call of the last acknowledged write that was recovered; −∞: none was. */
  readonly lastRecovered: Ns
  /** Return of the first acknowledged write that was lost; ∞: none was. */
  readonly firstLost: Ns
  /** The recovery point lies in [lo, hi]; there is none if lo > hi. */
  readonly lo: Ns
  readonly hi: Ns
  readonly lost: number
  readonly isConsistent: boolean
  readonly reasons: readonly CutReason[]
}

/**
 * Where the recovery point is. Without a restore both limits are ∞: every acknowledged write
 * counts, and a lost one before a recovered one is a hole.
 *
 * A restore begins a new epoch. Writes that were called after it are no part of the cut, and
 * those that straddle it may land on either side: they wait for it and may be applied after it,
 * so they never move the recovery point forward.
 */
export function cutOf({ writes, snapshot, restore }: CutInput): Cut {
  const asked = restore?.call ?? Number.POSITIVE_INFINITY
  const inForce = restore?.ret ?? Number.POSITIVE_INFINITY
  let lastRecovered = Number.NEGATIVE_INFINITY
  let firstLost = Number.POSITIVE_INFINITY
  let lost = 0
  let lostAfter = 0
  for (const { call, ret, acknowledged, recovered } of writes) {
    if (!acknowledged) continue
    if (recovered) {
      // At the same instant it may have been under way still: intervals are closed.
      if (ret < asked) lastRecovered = Math.max(lastRecovered, call)
      continue
    }
    lost++
    if (call <= inForce) firstLost = Math.min(firstLost, ret)
    else lostAfter++
  }
  const from = snapshot?.call ?? Number.NEGATIVE_INFINITY
  const to = snapshot?.ret ?? Number.POSITIVE_INFINITY
  const lo = Math.max(lastRecovered, from)
  const hi = Math.min(firstLost, to)
  const reasons: CutReason[] = []
  if (firstLost < from) reasons.push('acknowledged before the snapshot and lost')
  if (lastRecovered > to) reasons.push('written after the snapshot and present')
  if (lastRecovered > firstLost) reasons.push('inconsistent cut')
  if (lostAfter > 0) reasons.push('acknowledged after the restore and lost')
  return { lastRecovered, firstLost, lo, hi, lost, isConsistent: lo <= hi, reasons }
}
