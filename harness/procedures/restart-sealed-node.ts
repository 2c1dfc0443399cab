import type { Node } from '../cluster/node.ts'
import type { Procedure, SignedIn } from './procedure.ts'

/** A node was sealed by a call of the API (corrected form; RB:337-351 looks at the KMS only). */
export const restartSealedNode: Procedure<SignedIn & { node: Node }> = {
  name: 'restart-sealed-node',
  runbook: 'docs/runbook/restart-sealed-node.md',
  async perform(operator, { node }, step) {
    await step('Restart the server of the sealed node', async () => {
      if (await operator.isUnsealed(node)) return
      await operator.seesSealKeyEnabled()
      await operator.restart(node)
    })
    await step('See it unseal by itself', () => operator.seesUnsealed(node))
    await step('See three healthy voters', () => operator.seesHealthyVoters())
  },
}
