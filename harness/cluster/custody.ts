import type { Address } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'

/** What a team keeps outside of its cluster, for the day on which that is gone. */
export type Custody = {
  /** With every right, and older than any snapshot that may be restored (RB:271). */
  readonly token: Secret
}

/** What those have who administer the KMS; the emulator asks nobody for a secret. */
export type KmsAdmin = {
  readonly address: Address
  /** Of the key that the nodes' seal uses. */
  readonly alias: string
}
