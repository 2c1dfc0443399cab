import type { Node } from '../cluster/node.ts'
import { orRefuse } from '../cluster/refusal.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'
import { seeJoined, tellJoined } from './see-joined.ts'

export type ReplaceNode = SignedIn & {
  readonly node: Node
  /** Somebody has decided that its disk is of no use, though its machine is there. */
  readonly disksAreBad?: boolean
}

/**
 * One node is lost with its disk, and a new one takes its place (corrected form of RB 4.2). No
 * unseal keys, because the KMS opens it, and a vote in the end instead of a word in a log.
 */
export const replaceNode: Procedure<ReplaceNode> = {
  name: 'replace-node',
  runbook: 'docs/runbook/replace-node.md',
  async perform(operator, { node, disksAreBad }, step) {
    const { raft, loss, notes } = operator
    await step('Decide that the node does not come back', byPeople, {
      source: 'RB:287-289',
      people: minutes(1),
    })
    await step(
      'See that another node leads',
      // Interrupted at its end and resumed, it may find that the new node leads.
      () =>
        orRefuse(async () => {
          if (await raft.isServingPeer(node)) return
          await raft.seesOtherLeader(node)
          // Begun before, what is there now is a new machine, which may have got half of its data.
          if (notes.read(begun(node)) === undefined) await loss.seesLost([node], { disksAreBad })
          await operator.seesSealKeyEnabled()
        }),
      { source: 'RB:287' },
    )
    await step(
      'Remove the node from the peers',
      async () => {
        if (await raft.isServingPeer(node)) return
        notes.write(begun(node), node.name)
        await raft.remove(node)
      },
      { source: 'RB:291-293' },
    )
    await step(
      'Provide a new machine in its place, with an empty disk',
      async () => {
        if (!(await raft.isServingPeer(node))) await operator.renewMachine(node)
      },
      { source: 'RB:295-296' },
    )
    await step('Join it', () => raft.join(node), { source: 'RB:298-300' })
    await step('See it unseal by itself', () => seeJoined(operator, node), {
      source: 'RB:302-305',
      tells: tellJoined,
    })
    await step('See that it has a vote', () => raft.seesVoter(node), { source: 'RB:307-309' })
    await step(
      'See all voters healthy',
      async () => {
        await operator.seesHealthyVoters()
        notes.forget(begun(node))
      },
      { source: 'RB:311-313' },
    )
  },
}

/** Note that is left while the replacement of this node has begun and is not over. */
export const begun = ({ name }: Node): string => `node-replaced-${name}`
