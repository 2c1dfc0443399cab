import type { Product } from '../vault/product.ts'

/** Of one upload: its answer, what became of the server, and what its log says where that failed. */
type Sent = { readonly plain: string; readonly force: string }
type LostKey = Sent & { readonly regained: string; readonly restarted: string }

/** What becomes of a server that is sent a snapshot, by its seal and the snapshot's. */
export type RestoreEndings = {
  readonly sameKey: Sent
  readonly otherKey: Sent & { readonly storedUnder: string }
  readonly disabled: LostKey
  readonly pendingDeletion: LostKey
  /** The only one that is lived through in the cluster itself. */
  readonly standby: Sent & { readonly cluster: string }
  readonly sameShares: Sent
  readonly rekeyed: Sent & {
    readonly restarted: string
    readonly freshShares: string
    readonly oldShares: string
    readonly opened: string
  }
  readonly otherShares: Sent & {
    /** How many shares it asks for. */
    readonly asks: string
    readonly ownShare: string
    readonly originalShares: string
    readonly restarted: string
    readonly asksThen: string
    readonly ownShareThen: string
    readonly originalSharesThen: string
    readonly opened: string
  }
  readonly kmsUnderShamir: Sent & {
    readonly ownShares: string
    readonly recoveryKeys: string
    readonly restarted: string
    readonly withStanza: string
  }
  readonly shamirUnderKms: Sent & {
    readonly restarted: string
    readonly shares: string
    /** The same shares, with `migrate`. */
    readonly migrating: string
    readonly opened: string
    /** After another restart: whether it opens by itself now. */
    readonly again: string
  }
}

/** What differs between the products. */
type Differences = {
  /** Of the last of shares that are not the ones. */
  readonly notOpened: string
  /** Sent by force to a standby. */
  readonly standby: string
  /** Of the last share, with `migrate`. */
  readonly migrating: string
}

const refusedFor = (what: string): string =>
  `400 could not verify hash file, possibly the snapshot is using ${what}; use the snapshot-force API to bypass this check, as before`
const OTHER_KEY = refusedFor('a different autoseal key')
const OTHER_SHARES = refusedFor('a different set of unseal keys')
const NO_STORED_KEYS = '204, sealed: raft snapshot restore failed to get stored keys'
const NO_UPGRADE = '204, sealed: failed to perform key upgrades, sealing'
const DONE: Sent = { plain: '204, restored', force: '204, restored' }
const LOST: LostKey = {
  plain: OTHER_KEY,
  force: NO_STORED_KEYS,
  regained: 'restored',
  restarted: 'restored',
}

const endings = ({ notOpened, standby, migrating }: Differences): RestoreEndings => ({
  sameKey: DONE,
  otherKey: { ...DONE, storedUnder: 'the own key' },
  disabled: LOST,
  pendingDeletion: LOST,
  standby: { plain: '307, standby', force: standby, cluster: 'as before' },
  sameShares: DONE,
  rekeyed: {
    plain: OTHER_SHARES,
    force: '204, restored',
    restarted: 'sealed',
    freshShares: notOpened,
    oldShares: 'open',
    opened: 'restored',
  },
  otherShares: {
    plain: OTHER_SHARES,
    force: NO_UPGRADE,
    asks: '1 of 1',
    ownShare: notOpened,
    originalShares: '400 invalid key: failed to setup unseal key: crypto/aes: invalid key size 33',
    restarted: 'sealed',
    asksThen: '3 of 5',
    ownShareThen: 'sealed, 1 of 3 given',
    originalSharesThen: 'open',
    opened: 'restored',
  },
  kmsUnderShamir: {
    plain: OTHER_SHARES,
    force: NO_UPGRADE,
    ownShares: notOpened,
    recoveryKeys: notOpened,
    restarted: 'ended with exit code 1',
    withStanza: 'restored',
  },
  shamirUnderKms: {
    plain: OTHER_KEY,
    force: NO_STORED_KEYS,
    restarted: 'sealed',
    shares: '500 migrate option not provided and seal migration is pending',
    migrating,
    opened: 'restored',
    again: 'restored',
  },
})

/** Checked on Vault 1.21.0 and OpenBao 2.6.2. */
export const restoreEndings: Readonly<Record<Product, RestoreEndings>> = {
  openbao: endings({
    notOpened:
      '400 unable to retrieve stored keys: invalid key: failed to decrypt keys from storage: cipher: message authentication failed',
    standby: '204, sealed, after a restart standby',
    migrating: '500 barrier seal type of "shamir" does not match loaded type of "awskms"',
  }),
  vault: endings({
    notOpened:
      '400 unable to retrieve stored keys: invalid key: failed to decrypt keys from storage: error decrypting seal wrapped value',
    standby: '307, standby',
    migrating: 'open',
  }),
}
