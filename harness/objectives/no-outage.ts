import type { ObjectiveSpec } from '../journal/entry.ts'
import { outagesOf } from '../journal/outages.ts'
import type { RunRecord } from '../journal/read.ts'
import { callAt, isGood, isJudged, type LaneSamples, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { type Duration, formatDuration } from '../lib/duration.ts'
import { formatBracket, formatLimit } from './bracket.ts'
import { healings, injectedFaults } from './fault-record.ts'
import { inconclusive, type Judgement } from './objective.ts'
import { startOf } from './phase-span.ts'
import { DEFAULT_STABLE } from './recovery.ts'
import { toMs } from './service-recovery.ts'

export type NoOutageSpec = Extract<ObjectiveSpec, { kind: 'no-outage' }>

/** Half of a lane's deadline: what is later than this before a fault was disturbed without it. */
const LATE_MS = 500

/** Clients notice nothing: a document's "RTO 0". */
export function noOutage({
  id = 'no-outage',
  source,
  longest,
  holdDown = { ms: DEFAULT_STABLE.holdDownMs },
}: {
  readonly id?: string
  readonly source?: string
  /** How long one outage may be, where procedures bring some about; absent: none may be. */
  readonly longest?: Duration
  /** Time after the last fault that must be watched. */
  readonly holdDown?: Duration
} = {}): NoOutageSpec {
  return {
    kind: 'no-outage',
    id,
    holdDownMs: holdDown.ms,
    ...(longest === undefined ? {} : { longestMs: longest.ms }),
    ...(source === undefined ? {} : { source }),
  }
}

/**
 * No bad sample on the judged lanes, or none for longer than allowed, from the first fault
 * (without one: from the start of the body) to the read-back, healing included, and at least the
 * hold-down after the last fault.
 */
export function judgeNoOutage(spec: NoOutageSpec, record: RunRecord): Judgement {
  const lanes = record.lanes.filter(isJudged)
  if (lanes.length === 0) return inconclusive('assumption', 'no judged lane was recorded')
  const faults = injectedFaults(record.entries)
  const from = faults[0]?.issued ?? startOf(record.entries, 'body')
  if (from === undefined) return inconclusive('vacuous', 'the body of the scenario never began')
  // What the body heals may disturb as well; what is healed after it is not on trial.
  const bodyEnd = startOf(record.entries, 'heal') ?? Number.POSITIVE_INFINITY
  const healed = healings(record.entries).filter(({ issued }) => issued < bodyEnd)
  const lastFault = Math.max(from, ...[...faults, ...healed].map(({ proven }) => proven))
  const watchedTo = lastFault + spec.holdDownMs * NS_PER_MS
  const until = startOf(record.entries, 'read-back') ?? Number.POSITIVE_INFINITY

  const bad = lanes.map((lane) => badBetween(lane, from, until))
  const count = bad.reduce((sum, samples) => sum + samples.length, 0)
  if (spec.longestMs !== undefined) {
    const judged = judgeLengths(spec.longestMs, lanes, from, until)
    if (judged !== undefined) return judged
  } else if (count > 0) {
    const first = Math.min(...bad.flat())
    const since = faults.length > 0 ? 'the fault' : 'the start'
    const waitedMs = Math.round((from - first) / NS_PER_MS)
    if (waitedMs > LATE_MS) {
      const late = `a request that got a bad answer had waited for ${waitedMs} ms before ${since}`
      return inconclusive('assumption', late, count)
    }
    const each = lanes.flatMap(({ info }, i) =>
      bad[i]?.length === 0 ? [] : [`${bad[i]?.length} on ${info.lane}`],
    )
    const when = formatDuration({ ms: Math.max(0, (first - from) / NS_PER_MS) })
    const because = `${count} bad answers (${each.join(', ')}), the first ${when} after ${since}`
    return { measured: count, verdict: 'missed', because }
  }
  for (const lane of lanes) {
    const end = Math.min(until, lane.count === 0 ? 0 : callAt(lane, lane.count - 1))
    if (end < watchedTo) {
      const watched = formatDuration({ ms: Math.max(0, (end - lastFault) / NS_PER_MS) })
      const needed = formatLimit(spec.holdDownMs)
      const because = `${lane.info.lane} was watched for ${watched} after the last fault, ${needed} are needed`
      return inconclusive('undecided', because, 0)
    }
  }
  const samples = lanes.reduce((sum, lane) => sum + countBetween(lane, from, until), 0)
  if (spec.longestMs === undefined) {
    return { measured: 0, verdict: 'met', because: `none of ${samples} answers was bad` }
  }
  const { longest, outages } = longestOf(lanes, from, until)
  const took = `${outages} outages, the longest ${formatBracket(longest)}`
  return {
    measured: longest,
    verdict: 'met',
    because: `${took}, limit ${formatLimit(spec.longestMs)}`,
  }
}

/** What is missed or too coarse to decide; `undefined` when each one was short enough. */
function judgeLengths(
  limitMs: number,
  lanes: readonly LaneSamples[],
  from: Ns,
  until: Ns,
): Judgement | undefined {
  const { longest, unended } = longestOf(lanes, from, until)
  if (longest.hi <= limitMs) {
    if (unended === undefined) return undefined
    // However short it is so far: nobody knows how long it lasted.
    const still = `${unended} was still bad when the record ended`
    return inconclusive('undecided', still, longest)
  }
  const because = `an outage lasted ${formatBracket(longest)}, limit ${formatLimit(limitMs)}`
  if (longest.lo > limitMs) return { measured: longest, verdict: 'missed', because }
  return inconclusive('undecided', `${because}: the limit lies inside the interval`, longest)
}

function longestOf(lanes: readonly LaneSamples[], from: Ns, until: Ns) {
  const longest = { lo: 0, hi: 0 }
  let outages = 0
  let unended: string | undefined
  for (const lane of lanes) {
    for (const { inner, outer, over } of outagesOf(lane)) {
      if (inner.to < from || inner.from >= until) continue
      outages++
      longest.lo = Math.max(longest.lo, toMs(inner.to - inner.from))
      longest.hi = Math.max(longest.hi, toMs(outer.to - outer.from))
      if (!over) unended = lane.info.lane
    }
  }
  return { longest, outages, unended }
}

function badBetween(lane: LaneSamples, from: Ns, until: Ns): readonly Ns[] {
  const calls: Ns[] = []
  for (let i = 0; i < lane.count && callAt(lane, i) < until; i++) {
    // One that was under way when the fault came counts, too.
    if (!isGood(lane, i) && retAt(lane, i) >= from) calls.push(callAt(lane, i))
  }
  return calls
}

function countBetween(lane: LaneSamples, from: Ns, until: Ns): number {
  let count = 0
  for (let i = 0; i < lane.count; i++) {
    if (callAt(lane, i) >= from && callAt(lane, i) < until) count++
  }
  return count
}
