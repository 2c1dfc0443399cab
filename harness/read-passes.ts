import type { Cluster } from './cluster/cluster.ts'
import type { Node } from './cluster/node.ts'
import { milliseconds, minutes } from './lib/duration.ts'
import { happened, notYet, until } from './lib/until.ts'
import { targetAt } from './probes/probe-message.ts'
import type { ReadBack } from './probes/read-back.ts'
import { products } from './vault/product.ts'

/**
 * Which reads prove that every node has the data: one pass through the balancer, and one per
 * node. Where standbys forward, an answer proves only the leader's data, so each node in turn
 * has to lead before it is read.
 * @throws {NeverHappened} when a node does not get to lead.
 */
export async function readPasses(
  cluster: Cluster,
  reader: ReadBack,
  signal: AbortSignal,
): Promise<void> {
  const { balancer, nodes } = cluster.probeTargets
  await reader.pass({ target: targetAt(balancer), as: 'balancer' })
  const leader = await cluster.leader()
  const isLocal = products[cluster.product].standbyReads === 'local'
  const leaderFirst = nodes.toSorted(
    (a, b) => Number(b.name === leader.name) - Number(a.name === leader.name),
  )
  for (const target of leaderFirst) {
    signal.throwIfAborted()
    if (!isLocal) await letLead(cluster, cluster.node(target.name), signal)
    const as = isLocal && target.name !== leader.name ? 'standby' : 'leader'
    await reader.pass({ target: targetAt(target), as })
  }
}

/**
 * A leader that steps down cannot choose its successor, and two nodes can hand the leadership to
 * each other for ever (seen with Vault 1.21.0). With the third one stopped there is no choice.
 */
async function letLead(cluster: Cluster, node: Node, signal: AbortSignal): Promise<void> {
  const leader = await cluster.leader()
  if (leader === node) return
  const third = cluster.nodes.find((each) => each !== leader && each !== node)
  await third?.stop()
  try {
    await cluster.stepDown(leader)
    await until(
      `${node.name} leads`,
      async () => {
        const other = await cluster.leaderOtherThan(leader)
        return other === node ? happened(true) : notYet(`${other?.name ?? 'nobody else'} leads`)
      },
      { within: minutes(1), every: milliseconds(50), signal },
    )
  } finally {
    await third?.start()
  }
  // Only two of three are there until the third is back: no further hand-over before. Autopilot
  // alone would still call it healthy for a moment.
  await third?.is(['standby'], { within: minutes(1), signal })
  await until(
    'all voters are healthy again',
    async () => {
      const voters = await cluster.healthyVoters()
      return voters === cluster.nodes.length ? happened(true) : notYet(`${voters} healthy voters`)
    },
    { within: minutes(1), every: milliseconds(50), signal },
  )
}
