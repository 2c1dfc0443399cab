import { orRefuse } from '../cluster/refusal.ts'
import type { ShareHolders } from '../cluster/share-holders.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'

export type RotateRecoveryKeys = SignedIn & {
  readonly kept: {
    /** Name of the secret in AWS Secrets Manager that holds the shares. */
    readonly secret: string
    readonly holders: ShareHolders
  }
}

/**
 * New recovery keys, five shares of which three are needed (corrected form of RB 5.3). They are
 * stored before they are in force, and are in force only when they were given back as they are
 * stored, so no interruption leaves the team without shares. Online.
 */
export const rotateRecoveryKeys: Procedure<RotateRecoveryKeys> = {
  name: 'rotate-recovery-keys',
  runbook: 'docs/runbook/rotate-recovery-keys.md',
  async perform(operator, { kept: { secret, holders } }, step) {
    const { keys } = operator
    await step('Agree on it, and name two people who do it', byPeople, {
      source: 'RB:411-412',
      people: minutes(10),
    })
    await step('See all voters healthy', () => orRefuse(() => operator.seesHealthyVoters()))
    const held = await step('Fetch the shares that are in force', () => keys.held(secret), {
      source: 'RB:418',
      people: minutes(2),
    })
    const made = await step(
      'Begin the rotation with verification, and give three of them',
      () => keys.rotate(held),
      { source: 'RB:415-418', people: minutes(3) },
    )
    const stored = await step(
      'Store the new shares as a pending version',
      () => keys.store(secret, held, made),
      { source: 'RB:419' },
    )
    await step(
      'Give three of the new shares back, as they are stored',
      () => keys.verify(stored, made),
      { source: 'RB:421-422', people: minutes(3) },
    )
    await step('Make that version the current one', () => keys.promote(secret, stored), {
      source: 'RB:419',
    })
    await step(
      'See that the server takes the new shares, and none of the former ones',
      () => keys.seesOnlyNewest(secret),
      { source: 'RB:421-422' },
    )
    await step('Hand each holder their new share', () => holders.renew(stored.shares), {
      source: 'RB:360, 373-374',
      people: minutes(20),
    })
    await step(
      'See that no share is left on this host',
      () => keys.seesNoneLeft(...held.inForce.shares, ...stored.shares),
      { source: 'RB:371' },
    )
  },
}
