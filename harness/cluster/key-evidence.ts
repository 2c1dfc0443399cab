import { CURRENT, SecretsManager } from '../aws/secrets-manager.ts'
import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { barrierKey } from '../vault/barrier-key.ts'
import type { VaultClient } from '../vault/client.ts'
import { areInForce } from '../vault/recovery-keys.ts'
import type { Cluster } from './cluster.ts'
import { filesWith } from './in-clear.ts'
import { ShareCustody } from './share-custody.ts'
import type { KeptShares } from './team.ts'

/** What has become of the key shares: asked of the servers and of AWS directly, by no procedure. */
export class KeyEvidence {
  readonly #cluster: Cluster
  readonly #kept: KeptShares
  readonly #operatorFolder: string

  constructor(cluster: Cluster, kept: KeptShares, operatorFolder: string) {
    this.#cluster = cluster
    this.#kept = kept
    this.#operatorFolder = operatorFolder
  }

  /** By their numbers: those that are kept, and of these the ones that the server takes. */
  async generations(): Promise<{
    readonly kept: readonly number[]
    readonly inForce: readonly number[]
    /** What whoever asks for the secret is given. */
    readonly current: number | undefined
  }> {
    const [all, current] = await this.#custody((custody) =>
      Promise.all([custody.generations(), custody.current()]),
    )
    const inForce: number[] = []
    for (const { generation, shares } of all) {
      if (await this.#areInForce(shares)) inForce.push(generation)
    }
    const kept = all.map(({ generation }) => generation)
    return { kept, inForce, current: current?.generation }
  }

  /** Whether so many of those who hold shares offline have what the server takes for enough. */
  async offlineAreInForce(people = 3): Promise<boolean> {
    return this.#areInForce(await this.#kept.holders.open(people))
  }

  async barrierTerm(): Promise<number> {
    return (await barrierKey(await this.#leader())).term
  }

  /** How many tokens live that may do everything; ours is one of them. */
  async rootTokens(): Promise<number> {
    const client = await this.#leader()
    const { body } = await client.request<{ data: { keys: readonly string[] } }>(
      'GET',
      'auth/token/accessors',
      { query: { list: true } },
    )
    const found = body.data.keys.map(async (accessor) => {
      // One that has ended meanwhile is answered with an error, and has no policies.
      const options = { body: { accessor }, accept: () => true }
      const { body } = await client.request<
        { data?: { policies?: readonly string[] } } | undefined
      >('POST', 'auth/token/lookup-accessor', options)
      return body?.data?.policies?.includes('root') === true
    })
    return (await Promise.all(found)).filter(Boolean).length
  }

  /** Files of the operator's that have a share of any generation, or one of these tokens, in clear. */
  async leftInClear(...made: readonly Secret[]): Promise<readonly string[]> {
    const generations = await this.#custody((custody) => custody.generations())
    const shares = generations.flatMap((each) => each.shares)
    return filesWith(this.#operatorFolder, [this.#cluster.custody.token, ...made, ...shares])
  }

  /** Whether the root token lies beside the shares, as RB:229-232 puts it. */
  async tokenLiesBesideShares(): Promise<boolean> {
    const manager = await SecretsManager.at(this.#cluster.aws.address)
    try {
      const found = await manager.get(this.#kept.secret, CURRENT)
      return found?.value.reveal().includes(this.#cluster.custody.token.reveal()) === true
    } finally {
      manager.close()
    }
  }

  async #areInForce(shares: readonly Secret[]): Promise<boolean> {
    const path = this.#cluster.facts.recoveryKeysPath
    return areInForce(await this.#leader(), shares, { path, within: seconds(10) })
  }

  async #leader(): Promise<VaultClient> {
    return this.#cluster.onNode(await this.#cluster.leader())
  }

  #custody<T>(act: (custody: ShareCustody) => Promise<T>): Promise<T> {
    return ShareCustody.at(this.#cluster.aws.address, this.#kept.secret, act)
  }
}
