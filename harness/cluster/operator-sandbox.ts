import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { NO_LOG } from './operator-notes.ts'
import { OperatorSnapshots } from './operator-snapshots.ts'
import { type Compared, type Comparison, compareSecrets } from './secret-comparison.ts'

/**
 * One server with the cluster's seal and an empty disk, beside the cluster: whatever is restored
 * to it, clients notice nothing. It stands with the operator, so no link leads to it.
 */
export class OperatorSandbox {
  readonly #place: OperatorPlace
  readonly #snapshots: OperatorSnapshots
  #node: Node | undefined
  #throwAway: Secret | undefined

  constructor(place: OperatorPlace) {
    this.#place = place
    this.#snapshots = new OperatorSnapshots({
      ...place,
      anonymous: () => this.node.client,
      log: NO_LOG, // what the judge must know is what was done to the cluster
    })
  }

  get node(): Node {
    if (this.#node === undefined) throw new RangeError('the sandbox was not started')
    return this.#node
  }

  async start(): Promise<void> {
    await this.remove()
    this.#node = await this.#place.machines.startSpare()
  }

  /** With keys that the restore makes void. */
  async initialize(): Promise<void> {
    const { rootToken } = await this.#snapshots.initialize(this.node)
    this.#throwAway = rootToken
  }

  /** @throws {VaultError} 400 when the seal cannot open it. */
  async restore(file: string): Promise<void> {
    await this.#snapshots.restore(this.node, { file, token: this.#own })
  }

  /** Until a token of the snapshot's time is known, and the sandbox's own is not. */
  async untilInForce(original: Secret): Promise<VaultClient> {
    await this.#snapshots.untilInForce(this.node, { original, throwAway: this.#own })
    return this.node.client.withToken(original)
  }

  /**
   * That what was restored is what the cluster had.
   * @throws {NotAsBackedUp} @throws {VaultError}
   */
  async compare(restored: VaultClient, compared: Compared): Promise<Comparison> {
    const { view, signal } = this.#place
    const cluster = view.client(await view.leader(signal))
    const found = await compareSecrets(restored, cluster, compared, signal)
    const { different, missing, unexpected, same } = found
    const isOff = [different, missing, unexpected].some((paths) => paths.length > 0)
    if (isOff || same === 0) throw new NotAsBackedUp(found)
    return found
  }

  /** With its disk. Twice is harmless. */
  async remove(): Promise<void> {
    const node = this.#node
    this.#node = undefined
    if (node !== undefined) await this.#place.machines.dismiss(node)
  }

  get #own(): Secret {
    if (this.#throwAway === undefined) throw new RangeError('the sandbox was not initialised')
    return this.#throwAway
  }
}

/** The backup can be restored, and is not what the cluster had. */
export class NotAsBackedUp extends Error {
  override readonly name = 'NotAsBackedUp'
  constructor({ same, different, missing, unexpected }: Comparison) {
    const some = (paths: readonly string[]) =>
      paths.length === 0 ? '0' : `${paths.length} (${paths.slice(0, 3).join(', ')})`
    super(
      `of the secrets ${same} are the same, ${some(different)} differ, ${some(missing)} are missing, ${some(unexpected)} are younger than the backup`,
    )
  }
}
