import type { Cluster } from './cluster/cluster.ts'
import { milliseconds, seconds } from './lib/duration.ts'
import { happened, notYet, until } from './lib/until.ts'
import { targetAt } from './probes/probe-message.ts'
import type { ReadBack } from './probes/read-back.ts'
import { products } from './vault/product.ts'

/** A leader can hand over to a node that was read already; the order is not ours to choose. */
const MOST_HOPS = 9

/**
 * Which reads prove that every node has the data: one pass through the balancer, and one per
 * node. Where standbys forward, an answer proves only the leader's data, so the leadership is
 * rotated until each node has answered as leader.
 * @throws {NeverHappened} when a node did not lead after so many hand-overs.
 */
export async function readPasses(
  cluster: Cluster,
  reader: ReadBack,
  signal: AbortSignal,
): Promise<void> {
  const { balancer } = cluster.probeTargets
  await reader.pass({ target: targetAt(balancer), as: 'balancer' })
  if (products[cluster.product].standbyReads === 'local') {
    const leader = await cluster.leader()
    for (const target of cluster.probeTargets.nodes) {
      signal.throwIfAborted()
      const as = target.name === leader.name ? 'leader' : 'standby'
      await reader.pass({ target: targetAt(target), as })
    }
    return
  }
  const unread = new Set(cluster.nodes.map(({ name }) => name))
  for (let hop = 0; unread.size > 0; hop++) {
    signal.throwIfAborted()
    const leader = await cluster.leader()
    if (unread.has(leader.name)) {
      const target = cluster.probeTargets.nodes.find(({ name }) => name === leader.name)
      if (target !== undefined) await reader.pass({ target: targetAt(target), as: 'leader' })
      unread.delete(leader.name)
    }
    if (unread.size === 0) return
    if (hop === MOST_HOPS) {
      throw new Error(`${[...unread]} did not lead after ${MOST_HOPS} hand-overs`)
    }
    await cluster.stepDown(leader)
    await until(
      `another node than ${leader.name} leads`,
      async () =>
        (await cluster.isLedByOtherThan(leader)) ? happened(true) : notYet('nobody else leads'),
      { within: seconds(60), every: milliseconds(50), signal },
    )
  }
}
