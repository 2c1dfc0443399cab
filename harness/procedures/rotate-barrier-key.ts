import { orRefuse } from '../cluster/refusal.ts'
import type { Procedure, SignedIn } from './procedure.ts'

/**
 * What is stored from now on is encrypted with a new key; the ones before stay and open what they
 * encrypted. RB 5.3 has no such step, and its rekeying does not do it. Online.
 */
export const rotateBarrierKey: Procedure<SignedIn> = {
  name: 'rotate-barrier-key',
  runbook: 'docs/runbook/rotate-barrier-key.md',
  async perform(operator, _given, step) {
    const { keys, raft } = operator
    await step('See all voters healthy', () => orRefuse(() => operator.seesHealthyVoters()))
    const before = await step('Note the term of the key', () => keys.barrierKey())
    await step('Rotate it', () => keys.rotateBarrierKey(), { source: 'RB:411-412' })
    await step('See the next term', () => keys.seesTermAfter(before))
    await step('See every node catch up with it', () => raft.seesCaughtUp())
  },
}
