import type { ShareSource } from '../cluster/operator-keys.ts'
import { minutes } from '../lib/duration.ts'
import type { VaultClient } from '../vault/client.ts'
import { byPeople, type Procedure } from './procedure.ts'

export type GenerateRootToken = {
  readonly shares: ShareSource
  /** What nobody else may do: the reason why the token is made. */
  readonly use: (root: VaultClient) => Promise<void>
}

/**
 * The way back in when nobody has a token any more, as after a restore: the snapshot's recovery
 * keys make a root token (what RB:240, 260 and 271 take for granted), which is revoked as soon as
 * its work is done.
 */
export const generateRootTokenByShares: Procedure<GenerateRootToken> = {
  name: 'generate-root-token',
  runbook: 'docs/runbook/generate-root-token.md',
  async perform({ keys }, { shares, use }, step) {
    await step('Agree on it, and name two people who do it', byPeople, {
      source: 'RB:360-361',
      people: minutes(10),
    })
    const gathered = await step('Gather three shares', () => keys.gather(shares), {
      source: 'RB:366-374',
      people: keys.peopleFor(shares),
    })
    const root = await step('Make a root token of them', () => keys.rootToken(gathered), {
      source: 'RB:240, 260, 271',
    })
    try {
      await step('Do with it what nobody else may', () => use(root), { source: 'RB:269-271' })
    } finally {
      await step('Revoke it', () => keys.revoke(root))
    }
    await step(
      'See that no share and no token is left on this host',
      () => keys.seesNoneLeft(...gathered),
      { source: 'RB:227, 371' },
    )
  },
}
