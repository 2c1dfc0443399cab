import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

/** How often is looked: a server that restarts is away for seconds. */
const EVERY_MS = 200
/** A busy host may make one answer late; a node that is down misses this one too. */
const ASKED = 2

/** The fewest nodes that were up and unsealed at one look, while that went on. */
export async function fewestServing(cluster: Cluster, act: () => Promise<unknown>) {
  let isOver = false
  const over = act().finally(() => {
    isOver = true
  })
  over.catch(() => {}) // met below
  let [fewest, looks] = [cluster.nodes.length, 0]
  while (!isOver) {
    const serving = await Promise.all(cluster.nodes.map((node) => serves(node)))
    fewest = Math.min(fewest, serving.filter(Boolean).length)
    looks++
    await sleep(EVERY_MS)
  }
  await over
  return { fewest, looks }
}

async function serves(node: Node): Promise<boolean> {
  for (let asked = 0; asked < ASKED; asked++) {
    const status = await node.health().then(
      (health) => health.status,
      () => undefined,
    )
    if (status !== undefined) return status === 200 || status === 429
  }
  return false
}
