import type { Node } from '../cluster/node.ts'
import type { Procedure, SignedIn } from './procedure.ts'
import { begun } from './replace-node.ts'

/** A node whose process ended comes back with its disk (corrected form; the documents have none). */
export const rejoinNode: Procedure<SignedIn & { node: Node }> = {
  name: 'rejoin-node',
  runbook: 'docs/runbook/rejoin-node.md',
  async perform(operator, { node }, step) {
    await step('Start the node with its disk', () => operator.start(node))
    await step('See it unseal by itself', () => operator.seesUnsealed(node))
    await step('See three healthy voters', async () => {
      await operator.seesHealthyVoters()
      operator.notes.forget(begun(node)) // nobody goes on with a replacement that was given up
    })
  },
}
