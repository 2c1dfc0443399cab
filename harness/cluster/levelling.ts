import { setTimeout as sleep } from 'node:timers/promises'
import type { Duration } from '../lib/duration.ts'
import { median } from '../lib/percentile.ts'
import { isBug } from '../lib/until.ts'
import type { Cluster } from './cluster.ts'
import { type Vitals, vitalsOf } from './vitals.ts'

/** One look at all nodes. */
export type VitalsLook = {
  /** Seconds since the first look. */
  readonly s: number
  /** Entries that the leader's log has had, by the highest index that a node has applied. */
  readonly applied: number
  readonly nodes: Readonly<Record<string, Vitals>>
}

/** Fewer say nothing about a third of them. */
const ENOUGH_LOOKS = 12
/**
 * Raft keeps this many entries and drops older ones when so many more have come: the defaults of
 * both products. Below three times as many there was no third in which the log had to be level.
 */
const LOG_ENTRIES = 10_000 + 8_192
/** What a thing may have grown from the second third to the last; of a large one a tenth. */
const FLOORS: Readonly<Record<keyof Vitals, number>> = {
  residentMiB: 16,
  heapMiB: 16,
  descriptors: 16,
  raftLogMiB: 16, // a file grows by that much at a time
  dataMiB: Number.POSITIVE_INFINITY, // with all that is written, for ever
}

/** Looks at every node again and again until that is over. */
export async function vitalsWhile(
  cluster: Cluster,
  { every, act }: { readonly every: Duration; readonly act: () => Promise<unknown> },
): Promise<readonly VitalsLook[]> {
  const looks: VitalsLook[] = []
  const startedMs = performance.now()
  const stop = new AbortController()
  const over = act().finally(() => stop.abort())
  over.catch(() => {}) // met below
  while (!stop.signal.aborted) {
    const look = await lookAt(cluster).catch((error) => {
      if (isBug(error)) throw error
      return undefined // a node that does not answer in time is one look less
    })
    const s = Math.round((performance.now() - startedMs) / 1000)
    if (look !== undefined) looks.push({ s, ...look })
    await sleep(every.ms, undefined, { signal: stop.signal }).catch(() => {}) // it is over
  }
  await over
  return looks
}

async function lookAt(cluster: Cluster): Promise<Omit<VitalsLook, 's'>> {
  const seen = cluster.nodes.map(
    async (node) => [node.name, await vitalsOf(cluster, node)] as const,
  )
  const [autopilot, nodes] = await Promise.all([cluster.autopilot(), Promise.all(seen)])
  const applied = Math.max(0, ...(autopilot?.servers ?? []).map(({ lastIndex }) => lastIndex))
  return { applied, nodes: Object.fromEntries(nodes) }
}

/**
 * `level` when on no node this grew from the second third of the looks to the last by more than a
 * tenth, else which grew how; `undefined` when the looks cannot tell.
 */
export function levelOf(looks: readonly VitalsLook[], of: keyof Vitals): string | undefined {
  if (looks.length < ENOUGH_LOOKS) return undefined
  if (of === 'raftLogMiB' && entriesIn(looks) < 3 * LOG_ENTRIES) return undefined
  const names = Object.keys(looks[0]?.nodes ?? {})
  const grown = names.flatMap((name) => {
    const values = looks.map(({ nodes }) => nodes[name]?.[of] ?? 0)
    const third = Math.floor(values.length / 3)
    const before = median(values.slice(third, 2 * third))
    const after = median(values.slice(-third))
    const isLevel = after - before <= Math.max(FLOORS[of], before / 10)
    return isLevel ? [] : [`${name} from ${before.toFixed(0)} to ${after.toFixed(0)}`]
  })
  return grown.length === 0 ? 'level' : `grows: ${grown.join(', ')}`
}

/** How many entries the log has had in this time. */
export const entriesIn = (looks: readonly VitalsLook[]): number =>
  (looks.at(-1)?.applied ?? 0) - (looks[0]?.applied ?? 0)

/** What a node's first, middle and last looks were, of everything. */
export function vitalsInWords(looks: readonly VitalsLook[]): readonly string[] {
  const [first, middle, last] = [looks[0], looks[Math.floor(looks.length / 2)], looks.at(-1)]
  if (first === undefined || middle === undefined || last === undefined) return []
  const three = [first, middle, last]
  const told = (name: string, of: keyof Vitals, unit: string) =>
    `${three.map(({ nodes }) => nodes[name]?.[of].toFixed(0) ?? '-').join(' → ')} ${unit}`
  return Object.keys(last.nodes).map(
    (name) =>
      `${name} after ${three.map(({ s }) => `${s} s`).join(', ')}: heap ${told(name, 'heapMiB', 'MiB')}, resident ${told(name, 'residentMiB', 'MiB')}, ${told(name, 'descriptors', 'descriptors')}, Raft log ${told(name, 'raftLogMiB', 'MiB')}, data ${told(name, 'dataMiB', 'MiB')}`,
  )
}
