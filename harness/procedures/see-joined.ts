import type { Node } from '../cluster/node.ts'
import type { Operator } from '../cluster/operator.ts'

/**
 * That a node with an empty disk, which took the place of a removed one of the same name, unseals.
 * While it replays the log it may come upon that removal and take itself out (HashiCorp Vault,
 * issue 32099): it answers 530 from then on, and only another empty disk helps.
 * @returns how often it took itself out, and was wiped and joined once more.
 * @throws {KeepsLeaving} when it does so time after time.
 */
export async function seeJoined(operator: Operator, node: Node): Promise<number> {
  for (let removals = 0; removals <= REJOINS; removals++) {
    if ((await operator.seesJoinDecided(node)) === 'joined') return removals
    if (removals === REJOINS) break
    await operator.raft.remove(node)
    await operator.renewMachine(node)
    await operator.raft.join(node)
  }
  throw new KeepsLeaving(node.name)
}

/** For the report: what a reader has to know of how it came in. */
export const tellJoined = (removals: number): string =>
  removals === 0
    ? 'it joined at once'
    : `it took itself out ${removals} times (530), and was wiped and joined once more each time`

const REJOINS = 2

/** A node that was wiped and joined again and again is no peer. */
export class KeepsLeaving extends Error {
  override readonly name = 'KeepsLeaving'
  constructor(node: string) {
    super(`${node} took itself out of the peers ${REJOINS + 1} times (530)`)
  }
}
