import type { RunRecord } from '../journal/read.ts'
import { callAt, type LaneSamples, retAt } from '../journal/samples.ts'
import type { Ns } from '../lib/clock.ts'

/** Somebody saw this node answer `sys/health` with 200. */
export type Sighting = { readonly node: string; readonly t: Ns }

/** Who was seen leading, and when, in order of time. Two nodes may both claim to lead. */
export function leaderSightings(record: RunRecord): readonly Sighting[] {
  const sightings: Sighting[] = []
  for (const entry of record.entries) {
    if (entry.kind === 'cluster.ready') sightings.push({ node: entry.data.leader, t: entry.t })
    if (entry.kind === 'node.state' && entry.data.health === 200) {
      sightings.push({ node: entry.data.node, t: entry.t })
    }
  }
  for (const { node, lane } of healthLanes(record)) {
    for (let i = 0; i < lane.count; i++) {
      if (lane.status[i] === 200) sightings.push({ node, t: retAt(lane, i) })
    }
  }
  return sightings.sort((a, b) => a.t - b.t)
}

export type Leadership = { readonly node: string; readonly from: Ns; readonly to: Ns }

/** The times during which a node's health lane said that it leads. */
export function leaderships(record: RunRecord): readonly Leadership[] {
  return healthLanes(record).flatMap(({ node, lane }) => {
    const spans: { node: string; from: Ns; to: Ns }[] = []
    let open: { node: string; from: Ns; to: Ns } | undefined
    for (let i = 0; i < lane.count; i++) {
      if (lane.status[i] !== 200) open = undefined
      else if (open === undefined) {
        open = { node, from: callAt(lane, i), to: retAt(lane, i) }
        spans.push(open)
      } else open.to = retAt(lane, i)
    }
    return spans
  })
}

export function healthLanes(
  record: RunRecord,
): readonly { readonly node: string; readonly lane: LaneSamples }[] {
  return record.lanes.flatMap((lane) => {
    if (lane.info.kind !== 'health') return []
    const node = record.frozen.nodes.find((name) => names(lane, name))
    return node === undefined ? [] : [{ node, lane }]
  })
}

/** Lanes are named for what they ask; `vault-1` must not be found in `vault-10`. */
const names = ({ info }: LaneSamples, node: string): boolean =>
  [info.target, info.lane].some(
    (text) => text.split(/[^\w-]+/).includes(node) || text.endsWith(`-${node}`),
  )
