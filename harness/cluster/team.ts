import { type KeyPair, newKeyPair } from '../lib/pgp.ts'
import type { Secret } from '../lib/secret.ts'
import type { ClusterParts } from './cluster.ts'
import type { Custody, KmsAdmin } from './custody.ts'
import { ShareCustody } from './share-custody.ts'
import { ShareHolders } from './share-holders.ts'

/** Key shares as the team keeps them: in AWS Secrets Manager, and offline with one person each. */
export type KeptShares = {
  /** Name of the secret. */
  readonly secret: string
  readonly holders: ShareHolders
}

type Parts = Pick<ClusterParts, 'aws' | 'rootToken' | 'recoveryKeys' | 'serverSpec'>

/** The people whose cluster it is, and what they keep outside of it. */
export class Team {
  readonly #parts: Parts
  #shares: Promise<KeptShares> | undefined
  #holders: Promise<ShareHolders> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get custody(): Custody {
    return { token: this.#parts.rootToken }
  }

  /**
   * The shares of the first initialisation. They authorise root tokens and new keys; under a KMS
   * seal they unseal nothing. A procedure gets them from where they are kept, and not here.
   */
  get recoveryKeys(): readonly Secret[] {
    return this.#parts.recoveryKeys
  }

  /** For those procedures alone that change keys of the KMS. */
  get kmsAdmin(): KmsAdmin {
    const { address, key } = this.#parts.aws
    return { address, alias: key.alias }
  }

  /**
   * Puts the shares of the first initialisation where they belong (corrected form of RB:229-232);
   * whoever asks again gets the same place, with what was put there since. @throws {AwsError}
   */
  keepShares(): Promise<KeptShares> {
    this.#shares ??= this.#keep()
    return this.#shares
  }

  /** One share to each of five people, as they were at the first initialisation. */
  handOut(): Promise<Pick<KeptShares, 'holders'>> {
    this.#holders ??= ShareHolders.of(this.#parts.recoveryKeys)
    return this.#holders.then((holders) => ({ holders }))
  }

  /** For people who may read backups; the pair stays with them. */
  newKeyPair = (email: string): Promise<KeyPair> => newKeyPair(email)

  async #keep(): Promise<KeptShares> {
    const { aws, recoveryKeys, serverSpec } = this.#parts
    // Clusters of one run share the emulator.
    const secret = `vault-recovery-keys-${serverSpec.clusterName}`
    await ShareCustody.at(aws.address, secret, (custody) => custody.create(recoveryKeys))
    return { secret, ...(await this.handOut()) }
  }
}
