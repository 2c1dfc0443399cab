import type { KmsAdmin } from '../cluster/custody.ts'
import type { Node } from '../cluster/node.ts'
import type { Procedure, SignedIn } from './procedure.ts'

/** The key of the seal is disabled or about to be deleted (corrected form of RB:340-351). */
export const restoreKey: Procedure<SignedIn & { node: Node; admin: KmsAdmin }> = {
  name: 'restore-key',
  runbook: 'docs/runbook/restore-key.md',
  async perform(operator, { node, admin }, step) {
    await step('Read the state of the KMS key', () => operator.keyState())
    await step('Cancel its deletion and enable it', () => operator.kms.restore(admin))
    await step('See the sealed node unseal by itself', () => operator.seesUnsealed(node))
    await step('See three healthy voters', () => operator.seesHealthyVoters())
  },
}
