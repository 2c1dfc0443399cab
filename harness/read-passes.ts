import type { Cluster } from './cluster/cluster.ts'
import type { Node } from './cluster/node.ts'
import { all } from './lib/all.ts'
import { milliseconds, minutes } from './lib/duration.ts'
import { happened, NeverHappened, notYet, until } from './lib/until.ts'
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

/** With five nodes there is one rival left, so it takes some attempts. */
const ATTEMPTS = 12

/** A leader that has stepped down waits 10 s before it competes for the leadership again. */
const ASKED_AGAIN_AFTER_MS = 15_000

/**
 * A leader that steps down cannot choose its successor, and two nodes can hand the leadership to
 * each other for ever (seen with Vault 1.21.0). With as many others stopped as the quorum allows
 * there is no choice among three nodes, and one of two among five.
 * @throws {NeverHappened}
 */
async function letLead(cluster: Cluster, node: Node, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const leader = await cluster.leader()
    if (leader === node) return
    const others = cluster.nodes.filter((each) => each !== leader && each !== node)
    await handOver(cluster, leader, stoppable(others, cluster.nodes.length, attempt), signal)
  }
  const leader = await cluster.leader()
  if (leader !== node) {
    const waited = milliseconds(0)
    throw new NeverHappened(`${node.name} leads after ${ATTEMPTS} attempts`, waited, leader.name)
  }
}

/** As many as may be missing, others each time. */
export function stoppable<T>(others: readonly T[], nodes: number, attempt: number): readonly T[] {
  const from = attempt % others.length
  const mayBeMissing = Math.floor((nodes - 1) / 2)
  return [...others.slice(from), ...others.slice(0, from)].slice(0, mayBeMissing)
}

/** From this leader to one of those that are not stopped meanwhile. */
async function handOver(
  cluster: Cluster,
  leader: Node,
  stopped: readonly Node[],
  signal: AbortSignal,
): Promise<void> {
  await all(stopped.map((each) => each.stop()))
  try {
    await cluster.stepDown(leader)
    let askedAt = performance.now()
    await until(
      `another node than ${leader.name} leads`,
      async () => {
        const other = await cluster.leaderOtherThan(leader)
        if (other !== undefined) return happened(true)
        // Two candidates can split the votes, and Raft elects the one that stepped down (seen with
        // five nodes of Vault 1.21.0): it will lead for good unless it is asked once more.
        const { state } = await leader.health()
        if (state === 'leader' && performance.now() - askedAt > ASKED_AGAIN_AFTER_MS) {
          await cluster.stepDown(leader)
          askedAt = performance.now()
        }
        return notYet(`nobody else leads, ${leader.name} is ${state}`)
      },
      { within: minutes(1), every: milliseconds(50), signal },
    )
  } finally {
    await all(stopped.map((each) => each.start()))
  }
  // Only a bare quorum is there until they are back: no further hand-over before. Autopilot
  // alone would still call them healthy for a moment.
  await all(stopped.map((each) => each.is(['standby'], { within: minutes(1), signal })))
  await until(
    'all voters are healthy again',
    async () => {
      const voters = await cluster.healthyVoters()
      return voters === cluster.nodes.length ? happened(true) : notYet(`${voters} healthy voters`)
    },
    { within: minutes(1), every: milliseconds(50), signal },
  )
}
