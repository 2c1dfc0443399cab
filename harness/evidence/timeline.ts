import type { LaneKind } from '../journal/entry.ts'
import { outagesOf } from '../journal/outages.ts'
import type { RunRecord } from '../journal/read.ts'
import { firstSentFrom, isGood, isJudged, type LaneSamples, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { faultsOf, injectedFaults } from '../objectives/fault-record.ts'
import { leaderships } from '../objectives/leadership.ts'
import { phaseSpans } from '../objectives/phase-span.ts'

/** What a picture of a run shows, in milliseconds since the first fault (or the first slot). */
export type Timeline = {
  readonly fromMs: number
  readonly toMs: number
  readonly lanes: readonly TimelineLane[]
  readonly leaders: readonly TimelineLeader[]
  readonly phases: readonly {
    readonly name: string
    readonly fromMs: number
    readonly toMs: number
  }[]
  readonly faults: readonly {
    readonly name: string
    readonly target: string
    readonly issuedMs: number
    readonly provenMs: number
    /** `null`: still in force at the end. */
    readonly healedMs: number | null
  }[]
}

export type TimelineLane = {
  readonly lane: string
  readonly kind: LaneKind
  /** One per column of the picture. */
  readonly buckets: readonly {
    readonly good: number
    readonly bad: number
    readonly slowestMs: number
  }[]
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[]
}

export type TimelineLeader = {
  readonly node: string
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number }[]
}

const BUCKETS = 240

/** The whole run from the steady phase on; `undefined` where nothing was probed. */
export function wholeTimeline(record: RunRecord): Timeline | undefined {
  const spans = phaseSpans(record.entries)
  const from = spans.findLast(({ name }) => name === 'steady')?.from ?? firstCall(record)
  const to = record.entries.at(-1)?.t
  return from === undefined || to === undefined ? undefined : timelineOf(record, from, to)
}

/** Around the recovery: half a second before the fault to half a second after it was stable. */
export function recoveryTimeline(record: RunRecord, recoveredMs: number): Timeline | undefined {
  const fault = injectedFaults(record.entries)[0]
  if (fault === undefined) return undefined
  const margin = Math.max(500, recoveredMs / 4) * NS_PER_MS
  return timelineOf(record, fault.issued - margin, fault.issued + recoveredMs * NS_PER_MS + margin)
}

function timelineOf(record: RunRecord, from: Ns, to: Ns): Timeline | undefined {
  if (record.lanes.length === 0 || to <= from) return undefined
  const zero = injectedFaults(record.entries)[0]?.issued ?? from
  const ms = (t: Ns): number => Math.round((t - zero) / 1000) / 1000
  const visible = (span: { readonly from: Ns; readonly to: Ns }) => span.to > from && span.from < to
  const clipped = (span: { readonly from: Ns; readonly to: Ns }) => ({
    fromMs: ms(Math.max(from, span.from)),
    toMs: ms(Math.min(to, span.to)),
  })
  const led = leaderships(record).filter(visible)
  return {
    fromMs: ms(from),
    toMs: ms(to),
    lanes: record.lanes
      .filter((lane) => isJudged(lane) || lane.info.kind === 'fresh-read')
      .map((lane) => ({
        lane: lane.info.lane,
        kind: lane.info.kind,
        buckets: bucketsOf(lane, from, to),
        outages: outagesOf(lane)
          .map(({ outer }) => outer)
          .filter(visible)
          .map(clipped),
      })),
    leaders: record.frozen.nodes.map((node) => ({
      node,
      spans: led.filter((span) => span.node === node).map(clipped),
    })),
    phases: phaseSpans(record.entries)
      .filter(visible)
      .map((span) => ({ name: span.name, ...clipped(span) })),
    faults: faultsOf(record.entries).flatMap(({ name, target, issued, proven, healedAt }) =>
      issued === undefined || proven === undefined || issued > to
        ? []
        : [
            {
              name,
              target,
              issuedMs: ms(issued),
              provenMs: ms(proven),
              healedMs: healedAt === undefined ? null : ms(healedAt),
            },
          ],
    ),
  }
}

function bucketsOf(lane: LaneSamples, from: Ns, to: Ns): TimelineLane['buckets'] {
  // Never finer than two slots, or a lane in order would look full of holes.
  const slots = (to - from) / (lane.info.intervalMs * NS_PER_MS)
  const count = Math.max(1, Math.min(BUCKETS, Math.floor(slots / 2)))
  const buckets = Array.from({ length: count }, () => ({ good: 0, bad: 0, slowestMs: 0 }))
  for (let i = firstSentFrom(lane, from); i < lane.count; i++) {
    const call = lane.call[i] as number
    if (call >= to) break
    const bucket = buckets[Math.floor(((call - from) / (to - from)) * count)]
    if (bucket === undefined) continue
    if (isGood(lane, i)) bucket.good++
    else bucket.bad++
    bucket.slowestMs = Math.max(bucket.slowestMs, (retAt(lane, i) - call) / NS_PER_MS)
  }
  return buckets
}

const firstCall = ({ lanes }: RunRecord): Ns | undefined => {
  const calls = lanes.flatMap((lane) => (lane.count > 0 ? [lane.call[0] as number] : []))
  return calls.length === 0 ? undefined : Math.min(...calls)
}
