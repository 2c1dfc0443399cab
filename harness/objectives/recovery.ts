import { callAt, firstSentFrom, isGood, type LaneSamples, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'

/**
 * When one lane was good again after a fault, as an interval.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export type Recovery = {
  readonly lane: string
  /** `unfinished`: good at the end of the record, but not for the whole hold-down. */
  readonly state: 'stable' | 'unfinished' | 'never'
  /** Lower bound: the service was certainly still bad until then. */
  readonly loNs: Ns
  /** The same as an instant; missing without a bad sample. */
  readonly badUntil?: Ns
  /** Upper bound; missing unless stable. */
  readonly hiNs?: Ns
  readonly bad: number
  /** Changes from good to bad after the first good answer that followed a bad one. */
  readonly flaps: number
  readonly firstBadAt?: Ns
  readonly firstGoodAt?: Ns
  /** Answer of the first sample of the stable run. */
  readonly stableAt?: Ns
  /** End of the hold-down. */
  readonly confirmedAt?: Ns
  /** The next fault ended the hold-down while the service was good. */
  readonly cutShort?: true
}

/** A recovery that ends in a known place. */
export type StableRecovery = Recovery & {
  readonly state: 'stable'
  readonly hiNs: Ns
  readonly stableAt: Ns
  readonly confirmedAt: Ns
}

export type StableRule = {
  /** Good samples in a row, by the time they were sent. */
  readonly stableCount: number
  /** Time after them in which no sample may be bad. */
  readonly holdDownMs: number
}

/** The rule where a scenario names none. */
export const DEFAULT_STABLE: StableRule = { stableCount: 20, holdDownMs: 10_000 }

/**
 * Follows a lane from the fault to the first sample of a stable run.
 * Requests that the fault cut off while they were under way count as bad samples of it.
 */
export function recoveryOf(
  lane: LaneSamples,
  fault: { readonly issued: Ns; readonly proven: Ns },
  { stableCount, holdDownMs }: StableRule,
  {
    until = Number.POSITIVE_INFINITY,
    nextFault = Number.POSITIVE_INFINITY,
    holdUntil = 0,
  }: {
    /** The record is read up to here only. */
    readonly until?: Ns
    /** A service that is good when the next fault comes has recovered from this one. */
    readonly nextFault?: Ns
    /** No bad sample up to here either: another lane's hold-down lasts so long. */
    readonly holdUntil?: Ns
  } = {},
): Recovery {
  const from = firstSentFrom(lane, fault.issued)
  const under = cutOff(lane, fault.issued, from)
  let lastBad = under.at(-1)
  let firstBad = under[0]
  let bad = under.length
  let runStart = -1
  let firstGood: number | undefined
  let flaps = 0
  let stable: number | undefined
  let nextCame = false
  let cutShort = false
  for (let i = from; i < lane.count && callAt(lane, i) < until; i++) {
    if (stable !== undefined && callAt(lane, i) > holdUntil) break
    if (!nextCame && retAt(lane, i) >= nextFault) {
      nextCame = true
      if (stable !== undefined) break
      cutShort = lastBad === undefined || (runStart >= 0 && i - runStart >= stableCount)
      if (cutShort) {
        if (runStart < 0) runStart = Math.max(0, i - 1)
        stable = Math.max(runStart, i - 1)
        break
      }
    }
    if (!isGood(lane, i)) {
      if (runStart >= 0 && firstGood !== undefined) flaps++
      firstBad ??= i
      lastBad = i
      bad++
      runStart = -1
      stable = undefined
      continue
    }
    if (runStart < 0) runStart = i
    if (lastBad !== undefined) firstGood ??= i
    const last = runStart + stableCount - 1
    if (i >= last && callAt(lane, i) >= callAt(lane, last) + holdDownMs * NS_PER_MS) stable ??= i
  }
  const seen = {
    lane: lane.info.lane,
    bad,
    flaps,
    loNs: lastBad === undefined ? 0 : Math.max(0, stillBadAt(lane, lastBad) - fault.proven),
    ...(lastBad === undefined ? {} : { badUntil: stillBadAt(lane, lastBad) }),
    ...(firstBad === undefined ? {} : { firstBadAt: callAt(lane, firstBad) }),
    ...(firstGood === undefined ? {} : { firstGoodAt: retAt(lane, firstGood) }),
  }
  if (stable === undefined) return { ...seen, state: runStart < 0 ? 'never' : 'unfinished' }
  return {
    ...seen,
    state: 'stable',
    hiNs:
      lastBad === undefined
        ? widestStep(lane, Math.max(0, from - 1), stable)
        : retAt(lane, runStart) - fault.issued,
    stableAt: retAt(lane, runStart),
    confirmedAt: callAt(lane, stable),
    ...(cutShort ? { cutShort } : {}),
  }
}

/** Bad samples sent before the fault and answered after it: most often it cut them off. */
export function cutOff(lane: LaneSamples, issued: Ns, from: number): readonly number[] {
  const earliest = issued - 2 * lane.info.deadlineMs * NS_PER_MS
  const found: number[] = []
  for (let i = from - 1; i >= 0 && callAt(lane, i) >= earliest; i--) {
    if (!isGood(lane, i) && retAt(lane, i) >= issued) found.unshift(i)
  }
  return found
}

/**
 * Until when a bad sample proves the service bad: a quick error until its answer, a request
 * that hung only until it was sent, for it says nothing about the time until its deadline.
 */
export function stillBadAt(lane: LaneSamples, i: number): Ns {
  const quick = retAt(lane, i) - callAt(lane, i) <= lane.info.intervalMs * NS_PER_MS
  return quick ? retAt(lane, i) : callAt(lane, i)
}

/** Without a bad sample an outage can hide only between two neighbours: "one interval", as it was. */
function widestStep(lane: LaneSamples, first: number, last: number): Ns {
  let widest = lane.info.intervalMs * NS_PER_MS
  for (let i = first + 1; i <= last; i++) {
    widest = Math.max(widest, callAt(lane, i) - callAt(lane, i - 1))
  }
  return widest
}

export const isStable = (recovery: Recovery): recovery is StableRecovery =>
  recovery.state === 'stable'
