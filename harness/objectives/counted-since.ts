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
 * From the event to the first good answers on both judged lanes, as clients received them;
 * `undefined` when the event was not seen.
 */
export function countedSince(
  since: NonNullable<RtoSpec['since']>,
  record: RunRecord,
  { fault, lanes }: ServiceRecovery,
): CountedSince | undefined {
  const good = Math.max(...lanes.map(({ firstGoodAt }) => firstGoodAt ?? 0))
  const event =
    since === 'new-leader'
      ? newLeader(record, fault.issued, good)
      : firstStep(record, fault.issued, good)
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

function firstStep({ entries }: RunRecord, issued: Ns, until: Ns): Event | undefined {
  const ended = entries.find(({ kind, t }) => kind === 'step.ended' && t > issued)
  if (ended?.kind !== 'step.ended') return undefined
  // Clients may be served before whoever did it has heard that it is done.
  const t = Math.min(ended.t, until)
  return { from: t, to: t, after: `after "${ended.data.title}"` }
}
