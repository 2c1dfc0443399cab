import type { RunRecord } from '../journal/read.ts'
import { callAt, retAt } from '../journal/samples.ts'
import type { Ns } from '../lib/clock.ts'
import { healthLanes, leaderSightings } from './leadership.ts'
import type { RtoSpec } from './rto.ts'
import { type ServiceRecovery, toMs } from './service-recovery.ts'

/** The part of a recovery that comes after an event, as an interval in milliseconds. */
export type CountedSince = {
  readonly lo: number
  readonly hi: number
  /** `after vault-2 led`. */
  readonly after: string
}

type Event = { readonly from: Ns; readonly to: Ns; readonly after: string }

/**
 * From the event to the good answers on both judged lanes, as clients received them: from a new
 * leader to the first ones, from a step to those of the stable run. `undefined` when the event
 * was not seen.
 */
export function countedSince(
  since: NonNullable<RtoSpec['since']>,
  record: RunRecord,
  { fault, lanes }: ServiceRecovery,
): CountedSince | undefined {
  // What comes after the first good answers is not the balancer's doing; a step that a person
  // takes has to bring the service back for good.
  const good = Math.max(
    ...lanes.map((lane) => (since === 'new-leader' ? lane.firstGoodAt : lane.stableAt) ?? 0),
  )
  const event =
    since === 'new-leader' ? newLeader(record, fault.issued, good) : firstStep(record, fault.issued)
  if (event === undefined) return undefined
  const { from, to, after } = event
  return { lo: toMs(Math.max(0, good - to)), hi: toMs(Math.max(0, good - from)), after }
}

/** Between the last answer of a node that it does not lead, and the first one that it does. */
function newLeader(record: RunRecord, issued: Ns, until: Ns): Event | undefined {
  const before = leaderSightings(record).findLast(({ t }) => t < issued)?.node
  const events = healthLanes(record).flatMap(({ node, lane }): readonly Event[] => {
    if (node === before) return []
    for (let i = 1; i < lane.count && callAt(lane, i) <= until; i++) {
      if (retAt(lane, i) <= issued || lane.status[i] !== 200) continue
      return [{ from: callAt(lane, i - 1), to: retAt(lane, i), after: `after ${node} led` }]
    }
    return []
  })
  return events.toSorted((a, b) => a.to - b.to)[0]
}

/** Clients may be served before whoever did it has heard that it is done. */
function firstStep({ entries }: RunRecord, issued: Ns): Event | undefined {
  const ended = entries.find(({ kind, t }) => kind === 'step.ended' && t > issued)
  if (ended?.kind !== 'step.ended') return undefined
  return { from: ended.t, to: ended.t, after: `after "${ended.data.title}"` }
}
