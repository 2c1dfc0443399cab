import type { Node } from '../cluster/node.ts'
import { orRefuse } from '../cluster/refusal.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'
import { begun } from './replace-node.ts'
import { seeJoined, tellJoined } from './see-joined.ts'

/**
 * One node's data is damaged: it is taken out, and comes back with the others' data (corrected
 * form of RB 6.2, whose signs no server prints). What tells it is the server's own log, its end,
 * or an error on reading; autopilot may call the node healthy all the while.
 */
export const isolateCorruptedNode: Procedure<SignedIn & { node: Node }> = {
  name: 'isolate-corrupted-node',
  runbook: 'docs/runbook/isolate-corrupted-node.md',
  async perform(operator, { node }, step) {
    const { raft } = operator
    await step('Decide that the node is taken out', byPeople, {
      source: 'RB:503-505',
      people: minutes(2),
    })
    await step(
      'Stop the server of the damaged node',
      async () => {
        // Without a majority beside it, stopping it would end the service for good.
        await orRefuse(() => raft.seesMajorityBeside(node))
        await operator.seesSealKeyEnabled()
        await operator.stop(node)
      },
      { source: 'RB:503-505' },
    )
    await step('See that another node leads', () => raft.seesOtherLeader(node), {
      source: 'RB:500-501',
    })
    await step('Remove the node from the peers', () => raft.remove(node), { source: 'RB:505' })
    await step('Provide it with an empty disk', () => operator.renewMachine(node))
    await step('Join it', () => raft.join(node))
    await step('See it unseal by itself', () => seeJoined(operator, node), { tells: tellJoined })
    await step('See that it has a vote', () => raft.seesVoter(node))
    await step('See all voters healthy', async () => {
      await operator.seesHealthyVoters()
      operator.notes.forget(begun(node)) // nobody goes on with a replacement that was given up
    })
  },
}
