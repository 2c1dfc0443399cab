import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kms, newKey, type SeededKey } from '../aws/kms.ts'
import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { beginKeyRotation, giveShare, type NewShares, verifyShare } from '../vault/recovery-keys.ts'
import { mountKv } from '../vault/setup.ts'
import { tokenState } from '../vault/token.ts'
import type { Cluster } from './cluster.ts'
import {
  answerTo,
  LoneRestore,
  newRootToken,
  type Saved,
  saveWithCanary,
  THRESHOLD,
} from './lone-restore.ts'
import type { LoneServer } from './lone-server.ts'
import type { Node } from './node.ts'
import { type RestoreEndings, restoreEndings } from './restore-endings.ts'
import { AS_BEFORE, lasting, stateOf } from './restore-outcome.ts'

type Made = { readonly folder: string; readonly kms: Saved; readonly other: SeededKey }

/**
 * Which seal runs, which one the snapshot is of, and whether the upload is forced: each cell of
 * that table is lived through on a server by itself, from the answer to what becomes of it.
 */
export class RestoreCells {
  readonly #cluster: Cluster
  readonly #server: LoneServer
  readonly #lone: LoneRestore
  readonly #made: Made
  #shamir: Saved | undefined

  private constructor(cluster: Cluster, made: Made) {
    this.#cluster = cluster
    this.#server = cluster.workplace.loneServer()
    this.#lone = new LoneRestore(this.#server)
    this.#made = made
  }

  /** With a snapshot of the cluster, and a KMS key that the cluster does not use. */
  static async of(cluster: Cluster): Promise<RestoreCells> {
    const { aws, team } = cluster
    const folder = await mkdtemp(join(tmpdir(), 'drill-cells-'))
    const leader = cluster.onNode(await cluster.leader())
    const by = { token: team.custody.token, shares: team.recoveryKeys }
    const kms = await saveWithCanary(leader, join(folder, 'kms.snap'), by)
    const other = newKey('alias/drill-restore-cells')
    const keys = await Kms.at(aws.address)
    await keys.seed(other)
    keys.close()
    return new RestoreCells(cluster, { folder, kms, other })
  }

  /** What was seen of this product before. */
  get expected(): RestoreEndings {
    return restoreEndings[this.#cluster.product]
  }

  /** awskms; the snapshot is of the same key. */
  async sameKey(): Promise<RestoreEndings['sameKey']> {
    await this.#beginUnderKms()
    return this.#lone.bothWays(this.#made.kms)
  }

  /** awskms with another key; the snapshot's can be used. */
  async otherKey(): Promise<RestoreEndings['otherKey']> {
    const { kms, other } = this.#made
    await this.#lone.begin({ key: other.alias })
    const sent = await this.#lone.bothWays(kms)
    const names = { [this.#cluster.aws.key.id]: 'the former key', [other.id]: 'the own key' }
    const ids = await this.#lone.storedUnder(kms)
    return { ...sent, storedUnder: ids.map((id) => names[id] ?? id).join(' and ') }
  }

  /** awskms with another key; the snapshot's cannot be used until it is regained. */
  async lostKey(key: {
    readonly lose: () => Promise<unknown>
    readonly regain: () => Promise<unknown>
  }): Promise<RestoreEndings['disabled']> {
    const { kms, other } = this.#made
    await this.#lone.begin({ key: other.alias })
    await key.lose()
    const sent = await this.#lone.bothWays(kms)
    await key.regain()
    const regained = await this.#lone.seen(kms)
    return { ...sent, regained, restarted: await this.#lone.restarted(kms) }
  }

  /** Shamir; the snapshot is of the same cluster, whose shares are as they were. */
  async sameShares(): Promise<RestoreEndings['sameShares']> {
    const shares = await this.#lone.begin('shamir')
    await mountKv(this.#lone.client, { maxVersions: 2 })
    this.#shamir = await this.#lone.save(join(this.#made.folder, 'shamir.snap'), shares)
    return this.#lone.bothWays(this.#shamir)
  }

  /** The same after a rekey; it goes on with the server of {@link sameShares}. */
  async rekeyed(): Promise<RestoreEndings['rekeyed']> {
    const shamir = this.#source
    await this.#lone.renewOwn(shamir)
    const fresh = await this.#rekey(shamir)
    const sent = await this.#lone.bothWays(shamir)
    const restarted = await this.#lone.restarted(shamir)
    const freshShares = await this.#lone.unsealWith(fresh)
    const oldShares = await this.#lone.unsealWith(shamir.shares)
    return { ...sent, restarted, freshShares, oldShares, opened: await this.#lone.seen(shamir) }
  }

  /** Shamir; the snapshot is of another cluster. */
  async otherShares(): Promise<RestoreEndings['otherShares']> {
    const shamir = this.#source
    const own = await this.#lone.begin('shamir', { shares: 1, threshold: 1 })
    const sent = await this.#lone.bothWays(shamir)
    const asks = await this.#lone.asks()
    const ownShare = await this.#lone.unsealWith(own)
    const originalShares = await this.#lone.unsealWith(shamir.shares)
    const restarted = await this.#lone.restarted(shamir)
    const then = await this.#lone.asks()
    return {
      ...sent,
      asks,
      ownShare,
      originalShares,
      restarted,
      asksThen: then,
      ownShareThen: await this.#lone.unsealWith(own),
      originalSharesThen: await this.#lone.unsealWith(shamir.shares),
      opened: await this.#lone.seen(shamir),
    }
  }

  /** Shamir; the snapshot is of an awskms cluster. */
  async kmsUnderShamir(): Promise<RestoreEndings['kmsUnderShamir']> {
    const { kms } = this.#made
    const own = await this.#lone.begin('shamir')
    const sent = await this.#lone.bothWays(kms)
    const ownShares = await this.#lone.unsealWith(own)
    const recoveryKeys = await this.#lone.unsealWith(kms.shares)
    const restarted = await this.#lone.restarted(kms)
    await this.#server.reconfigure({ key: this.#cluster.aws.key.alias })
    return { ...sent, ownShares, recoveryKeys, restarted, withStanza: await this.#lone.seen(kms) }
  }

  /** awskms; the snapshot is of a Shamir cluster. */
  async shamirUnderKms(): Promise<RestoreEndings['shamirUnderKms']> {
    const shamir = this.#source
    await this.#beginUnderKms()
    const sent = await this.#lone.bothWays(shamir)
    const restarted = await this.#lone.restarted(shamir)
    const shares = await this.#lone.unsealWith(shamir.shares)
    const migrating = await this.#lone.unsealWith(shamir.shares, { migrate: true })
    const opened = await this.#lone.seen(shamir)
    const again = await this.#lone.restarted(shamir)
    return { ...sent, restarted, shares, migrating, opened, again }
  }

  /** Sent to a standby of the cluster, another one each way; the cluster is whole afterwards. */
  async standby(): Promise<RestoreEndings['standby']> {
    const since = await newRootToken(this.#cluster.onNode(await this.#cluster.leader()))
    const [one, two] = (await this.#cluster.standbys()) as [Node, Node]
    const plain = await this.#toStandby(one, since, false)
    const force = await this.#toStandby(two, since, true)
    const leader = this.#cluster.onNode(await this.#cluster.leader())
    const isAsBefore = (await tokenState(leader.withToken(since))) === 'valid'
    return { plain, force, cluster: isAsBefore ? AS_BEFORE : 'overwritten' }
  }

  /** Removes server and snapshots. Twice is harmless. */
  async end(): Promise<void> {
    await this.#server.end()
    await rm(this.#made.folder, { recursive: true, force: true })
  }

  #beginUnderKms(): Promise<readonly Secret[]> {
    return this.#lone.begin({ key: this.#cluster.aws.key.alias })
  }

  get #source(): Saved {
    if (this.#shamir === undefined) throw new RangeError('there is no snapshot of Shamir’s yet')
    return this.#shamir
  }

  /** Gives the new shares, in force. */
  async #rekey({ shares }: Saved): Promise<readonly Secret[]> {
    const { client } = this.#lone
    const at = { path: this.#cluster.facts.unsealKeysPath, within: seconds(10) }
    const nonce = await beginKeyRotation(client, { ...at, shares: 5, threshold: THRESHOLD })
    let made: NewShares | undefined
    for (const share of shares.slice(0, THRESHOLD)) {
      made = await giveShare(client, { ...at, nonce, share })
    }
    if (made === undefined) throw new Error(`${THRESHOLD} shares were not enough for new ones`)
    for (const share of made.shares.slice(0, THRESHOLD)) {
      await verifyShare(client, { ...at, nonce: made.verification, share })
    }
    return made.shares
  }

  async #toStandby(standby: Node, token: Secret, force: boolean): Promise<string> {
    const client = standby.client.withToken(token)
    const answer = await answerTo(client, this.#made.kms.file, force)
    const end = await lasting(`${standby.name} has come to an end`, () => stateOf(standby))
    if (end === 'standby') return `${answer}, ${end}`
    await standby.restart()
    const then = await lasting(`${standby.name} is up again`, () => stateOf(standby))
    return `${answer}, ${end}, after a restart ${then}`
  }
}
