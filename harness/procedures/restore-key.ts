import type { Node } from '../cluster/node.ts'
import type { Procedure } from './procedure.ts'

/** The key of the seal is disabled or about to be deleted (corrected form of RB:340-351). */
export const restoreKey: Procedure<{ node: Node }> = {
  name: 'restore-key',
  runbook: 'docs/runbook/restore-key.md',
  async perform(operator, { node }, step) {
    await step('Read the state of the KMS key', () => operator.keyState())
    await step('Cancel its deletion and enable it', () => operator.restoreKey())
    await step('See the sealed node unseal by itself', () => operator.seesUnsealed(node))
    await step('See three healthy voters', () => operator.seesHealthyVoters())
  },
}
