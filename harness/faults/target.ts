import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { Seed } from '../lib/seed.ts'
import { CannotPlan } from './fault.ts'

/** A node, or words for one or more: a role, or names with commas between them. */
export type Target = Node | string

export const targetText = (target: Target): string =>
  typeof target === 'string' ? target : target.name

/** Of a fault that takes exactly one node: `leader`, `standby` and `random` by the seed, a name. */
export async function oneNode(cluster: Cluster, target: string, seed: Seed): Promise<Node> {
  const nodes = await nodesOf(cluster, target, seed)
  const [node] = nodes
  if (node === undefined || nodes.length > 1) {
    throw new CannotPlan(`"${target}" is ${nodes.length} nodes, not one`)
  }
  return node
}

/**
 * Also several: `all`, `standbys`, `two` (the leader and a standby), names with commas.
 * @throws {CannotPlan} when there is no such node.
 */
export async function nodesOf(
  cluster: Cluster,
  target: string,
  seed: Seed,
): Promise<readonly Node[]> {
  switch (target) {
    case 'leader':
      return [await cluster.leader()]
    case 'standby':
      return [seed.pick('standby', await cluster.standbys())]
    case 'standbys':
      return cluster.standbys()
    case 'two':
      return [await cluster.leader(), seed.pick('standby', await cluster.standbys())]
    case 'random':
      return [seed.pick('node', cluster.nodes)]
    case 'all':
      return cluster.nodes
    default:
      return target.split(',').map((name) => named(cluster, name.trim()))
  }
}

function named(cluster: Cluster, name: string): Node {
  const node = cluster.nodes.find((each) => each.name === name)
  if (node !== undefined) return node
  const names = cluster.nodes.map((each) => each.name).join(', ')
  throw new CannotPlan(
    `there is no node "${name}"; there are ${names}, and leader, standby, random`,
  )
}
