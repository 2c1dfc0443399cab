import { milliseconds, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type Initialized, initialize, initializeShamir } from '../vault/init.ts'
import { joinRaft } from '../vault/raft.ts'
import { sealStatus, unseal } from '../vault/seal.ts'
import type { ClusterNeeds } from './needs.ts'
import type { Node } from './node.ts'

/** How many shares are made, and how many of them are enough. */
export type KeyShape = { readonly shares: number; readonly threshold: number }

/** The documents' numbers (RB:227). */
const SHARES = 5
const THRESHOLD = 3
const AGAIN_AFTER = seconds(5)

/**
 * Keys for an empty node. Under Shamir it is opened with enough of them as well; they stand where
 * recovery keys stand under a KMS seal, and do what those do not: they unseal.
 * @throws {InitOutcomeUnknown} when only an empty disk helps.
 */
export async function initializeNode(
  { client }: Node,
  { seal }: Pick<ClusterNeeds, 'seal'>,
  {
    signal,
    shares = SHARES,
    threshold = THRESHOLD,
  }: { signal?: AbortSignal } & Partial<KeyShape> = {},
): Promise<Initialized> {
  const options = { within: seconds(30), signal }
  if (seal !== 'shamir') {
    return initialize(client, { recoveryShares: shares, recoveryThreshold: threshold, ...options })
  }
  const made = await initializeShamir(client, { shares, threshold, ...options })
  for (const key of made.unsealKeys.slice(0, threshold)) await unseal(client, key, { signal })
  return { rootToken: made.rootToken, recoveryKeys: made.unsealKeys }
}

/**
 * Under Shamir the answer to a join says nothing: the node joins once it was given the leader's
 * shares, and then is open.
 * @throws {NeverHappened}
 */
export async function joinByShares(
  joiner: Node,
  keys: readonly Secret[],
  at: { readonly leaderAddress: string; readonly leaderCa: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { client } = joiner
  await until(
    `${joiner.name} is asked to join`,
    async () => {
      await joinRaft(client, { ...at, signal })
      const { type, sealed } = await sealStatus(client, { signal })
      return happened({ type, sealed })
    },
    { within: seconds(30), every: milliseconds(50), signal },
  )
  let givenMs = Number.NEGATIVE_INFINITY
  await until(
    `${joiner.name} is opened with its shares`,
    async () => {
      const health = await joiner.health(signal)
      if (health.state === 'standby') return happened(true)
      // It gets the leader's data first, and forgets what it was given before it had joined.
      if (performance.now() - givenMs > AGAIN_AFTER.ms) {
        givenMs = performance.now()
        for (const key of keys.slice(0, THRESHOLD)) await unseal(client, key, { signal })
      }
      return notYet(`it is ${health.state}`)
    },
    { within: seconds(60), every: milliseconds(250), signal },
  )
}
