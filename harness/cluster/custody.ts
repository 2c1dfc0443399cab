import type { Secret } from '../lib/secret.ts'

/** What a team keeps outside of its cluster, for the day on which that is gone. */
export type Custody = {
  /** With every right, and older than any snapshot that may be restored (RB:271). */
  readonly token: Secret
  /** They authorise root tokens and new keys; under a KMS seal they unseal nothing. */
  readonly recoveryKeys: readonly Secret[]
}
