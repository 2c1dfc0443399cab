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

/** One is enough, unless the others had something in their logs that this one lacks. */
const ATTEMPTS = 3

/**
 * A leader that steps down names its successor, of equal ones the first in Raft's list, so the last
 * of five never gets its turn, and two of three hand the leadership to each other for ever (seen
 * with Vault 1.21.0). Whoever alone was not restarted asks for votes first: the others' timeouts
 * are tripled while they are young, and they grant it where its log is as long as theirs.
 * @throws {NeverHappened}
 */
async function letLead(cluster: Cluster, node: Node, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if ((await cluster.leader()) === node) return
    await restartAllBut(cluster, node, signal)
  }
  const leader = await cluster.leader()
  if (leader !== node) {
    const waited = milliseconds(0)
    throw new NeverHappened(`${node.name} leads after ${ATTEMPTS} attempts`, waited, leader.name)
  }
}

/**
 * Returns when the cluster is whole again, so that the next one finds a quorum. By then everything
 * has been read through the balancer, and what was acknowledged has to survive the end of a server.
 */
async function restartAllBut(cluster: Cluster, node: Node, signal: AbortSignal): Promise<void> {
  const others = cluster.nodes.filter((each) => each !== node)
  // A leader that may leave in order hands over, and who leads alone for a moment gives up for good.
  await all(others.map((each) => each.vault.signal('SIGKILL')))
  await all(others.map((each) => each.stop())) // the engine has seen the end before a start
  await all(others.map((each) => each.start()))
  // Autopilot alone would still call them healthy for a moment.
  const within = minutes(1)
  await all(cluster.nodes.map((each) => each.is(['leader', 'standby'], { within, signal })))
  await until(
    'all voters are healthy again',
    async () => {
      const voters = await cluster.healthyVoters().catch(String) // a leader so new tells nothing
      return voters === cluster.nodes.length ? happened(true) : notYet(`${voters} healthy voters`)
    },
    { within, every: milliseconds(50), signal },
  )
}
