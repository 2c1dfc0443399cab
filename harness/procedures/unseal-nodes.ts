import type { Node } from '../cluster/node.ts'
import type { ShareSource } from '../cluster/operator-keys.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'

export type UnsealNodes = SignedIn & {
  readonly nodes: readonly Node[]
  readonly shares: ShareSource
}

/**
 * Sealed nodes of a cluster whose seal is Shamir's are opened by hand, each with three of five
 * shares (RB 5.2, where it is true). Under a KMS seal it is refused before anybody is called:
 * recovery keys are encrypted by the same key.
 */
export const unsealNodes: Procedure<UnsealNodes> = {
  name: 'unseal-nodes',
  runbook: 'docs/runbook/unseal-nodes.md',
  async perform(operator, { nodes, shares }, step) {
    const { keys } = operator
    await step('See that key shares unseal these nodes', () => keys.seesUnsealedByShares(nodes), {
      source: 'RB:356-358',
    })
    await step('Decide it, and name two people who do it', byPeople, {
      source: 'RB:360-361',
      people: minutes(2),
    })
    const gathered = await step('Gather three shares', () => keys.gather(shares), {
      source: 'RB:366-374',
      people: keys.peopleFor(shares),
    })
    await step(
      'Open the nodes, one after the other',
      async () => {
        for (const node of nodes) {
          await keys.open(node, gathered)
          await operator.seesUnsealed(node)
        }
      },
      { source: 'RB:376-402', people: minutes(6) },
    )
    await step('See all voters healthy', () => operator.seesHealthyVoters(), {
      source: 'RB:404-406',
    })
    await step('See the leader answer through the balancer', () =>
      operator.seesLeaderThroughBalancer(),
    )
    await step('See that no share is left on this host', () => keys.seesNoneLeft(...gathered), {
      source: 'RB:371',
    })
  },
}
