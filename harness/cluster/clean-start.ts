import type { JournalData } from '../journal/entry.ts'
import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import { happened, type Look, notYet, until } from '../lib/until.ts'
import type { Links } from '../stack/toxiproxy.ts'
import { leaderView } from '../vault/leader.ts'
import type { Node } from './node.ts'
import type { View } from './view.ts'

export type Looked = {
  readonly nodes: readonly Node[]
  readonly view: View
  /** Of every pod of the cluster. */
  readonly links: readonly Links[]
  /** Raft's heartbeat timeout. */
  readonly heartbeat: Duration
}

/**
 * A node younger than this may still run with tripled Raft timeouts: both products keep them for
 * three to six heartbeat timeouts after Raft has started, which is up to 1 s after the process.
 */
export const settledAfter = (heartbeat: Duration): Duration => milliseconds(6 * heartbeat.ms + 1500)

/** Waits until a fault may be injected; the gate says whether it came to that, and why not. */
export async function cleanStart(
  looked: Looked,
  signal: AbortSignal,
): Promise<JournalData['gate']> {
  const gate = { id: 'clean-start', kind: 'soundness', guards: [] } as const
  try {
    await until('the cluster is settled and clean', () => cleanliness(looked), {
      within: seconds(60),
      every: milliseconds(100),
      signal,
    })
    const reason = `${looked.nodes.length} settled voters, no residue, leader known to all`
    return { ...gate, held: true, reason }
  } catch (error) {
    signal.throwIfAborted()
    return { ...gate, held: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

async function cleanliness({ nodes, view, links, heartbeat }: Looked): Promise<Look<true>> {
  const voters = await view.voters(nodes.length)
  if (!voters.happened) return voters
  const ages = await Promise.all(nodes.map((node) => node.age()))
  const limit = settledAfter(heartbeat)
  const young = nodes.filter((_, i) => (ages[i]?.ms ?? 0) < limit.ms)
  if (young.length > 0) {
    const names = young.map(({ name }) => name)
    return notYet(`${names} started less than ${formatDuration(limit)} ago`)
  }
  const views = await Promise.all(
    nodes.map(({ client }) => leaderView(client, { within: seconds(2) })),
  )
  const named = new Set(views.map(({ leaderAddress }) => leaderAddress))
  if (named.size !== 1 || named.has('')) return notYet(`nodes name ${[...named].join(' and ')}`)
  const residue = (await Promise.all(links.map((each) => each.residue()))).flat()
  return residue.length > 0 ? notYet(residue.join(', ')) : happened(true)
}
