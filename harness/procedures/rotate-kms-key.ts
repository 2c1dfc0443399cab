import type { KmsAdmin } from '../cluster/custody.ts'
import { orRefuse } from '../cluster/refusal.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'

/**
 * The seal gets another KMS key, because the present one may be compromised (RB:412). awskms to
 * awskms is no seal migration: the alias is pointed at the new key, and whoever leads next
 * encrypts the stored keys with it. The old key opens every snapshot of before, so it stays
 * enabled until none of them is needed.
 */
export const rotateKmsKey: Procedure<SignedIn & { admin: KmsAdmin }> = {
  name: 'rotate-kms-key',
  runbook: 'docs/runbook/rotate-kms-key.md',
  async perform(operator, { admin }, step) {
    const { keys, kms, raft } = operator
    await step('Agree on it, and on what becomes of the old key', byPeople, {
      source: 'RB:411-412',
      people: minutes(10),
    })
    await step('See all voters healthy', () => orRefuse(() => operator.seesHealthyVoters()))
    const id = await step('Make a new key', () => kms.make(admin), { source: 'RB:320-332' })
    await step('Point the alias of the seal at it', () => kms.pointAlias(admin, id), {
      source: 'RB:330; HLD:166',
    })
    await step('Rotate the barrier key', () => keys.rotateBarrierKey())
    await step('Ask the leader to step down, and see another lead', () => raft.handOver())
    await step('See that the new key opens what is stored, and no other does', () =>
      kms.seesStorageUnder(id),
    )
    await step('See all voters healthy again', () => operator.seesHealthyVoters())
  },
}
