import type { Cluster } from './cluster/cluster.ts'
import type { Node } from './cluster/node.ts'
import { placesOf } from './cluster/shell-places.ts'
import type { Block } from './documents/block.ts'
import { typeBlock } from './documents/type-block.ts'
import type { Journal } from './journal/journal.ts'

/** Types a block of a document in the operator's shell of this cluster, at a node's if one is given. */
export async function typeAt(
  { cluster, journal, signal }: { cluster: Cluster; journal: Journal; signal: AbortSignal },
  block: Block,
  at: Node | undefined,
): Promise<void> {
  const shell = await cluster.workplace.shell()
  const { product } = cluster
  await typeBlock({
    block,
    at: at?.name,
    shell,
    journal,
    product,
    signal,
    ...placesOf(cluster, at),
  })
}
