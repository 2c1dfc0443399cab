import { createHash, randomUUID } from 'node:crypto'
import { all } from '../lib/all.ts'
import type { VaultClient } from '../vault/client.ts'
import {
  readSecret,
  readSecretMetadata,
  type SecretRead,
  undeleteSecret,
  writeSecret,
} from '../vault/kv.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { Refusal } from './refusal.ts'
import { contentHash, pathsBelow } from './secret-comparison.ts'

/** Path → hash of everything that is known and stored of the secret, in all its versions. */
export type Fingerprint = ReadonlyMap<string, string>

/** Secrets as the operator recovers them: on whoever leads, never through clients' ways. */
export class OperatorSecrets {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  /**
   * The latest version, if it is only hidden.
   * @throws {Refusal} when its data is gone: that needs a backup.
   */
  async hidden(path: string): Promise<number> {
    const { signal } = this.#place
    const now = await readSecret(await this.#leader(), path, { signal })
    if (now.state !== 'soft-deleted') throw new Refusal(`${path} is hidden`, `it is ${now.state}`)
    return now.version
  }

  async undelete(path: string, version: number): Promise<void> {
    const { signal } = this.#place
    await undeleteSecret(await this.#leader(), path, { versions: [version], signal })
  }

  /** @throws {NotRecovered} */
  async seesPresent(path: string): Promise<void> {
    const { signal } = this.#place
    const now = await readSecret(await this.#leader(), path, { signal })
    if (now.state !== 'present') throw new NotRecovered([path], now.state)
  }

  /**
   * Writes credentials of so many tenants that do not exist, as the design lays them out
   * (HLD:622-639), and gives the hash of each by its path.
   */
  async populate(tenants: number): Promise<ReadonlyMap<string, string>> {
    const { signal } = this.#place
    const client = await this.#leader()
    const written = new Map<string, string>()
    for (let n = 1; n <= tenants; n++) {
      const path = `tenants/drill-${String(n).padStart(4, '0')}/exchanges/binance/trading`
      const data = { api_key: randomUUID(), secret: randomUUID() }
      await writeSecret(client, path, data, { signal })
      written.set(path, contentHash(data))
    }
    return written
  }

  /** Of every secret below a folder: what must be the same before and after. */
  async fingerprint(folder: string): Promise<Fingerprint> {
    return printsOf(await this.#leader(), folder, this.#place.signal)
  }

  /**
   * Copies whole secrets from a restored server: those below `under` that the cluster does not
   * show any more. What somebody has written since is left alone, and check-and-set sees to it.
   * @returns the paths, with the hash of what was copied
   */
  async copyMissing(restored: VaultClient, under: string): Promise<ReadonlyMap<string, string>> {
    const { signal } = this.#place
    const client = await this.#leader()
    const copied = new Map<string, string>()
    const kept = await readSecret(restored, under, { signal })
    const paths =
      kept.state === 'present' ? new Set([under]) : await pathsBelow(restored, under, signal)
    for (const path of paths) {
      const then = await readSecret(restored, path, { signal })
      const now = await readSecret(client, path, { signal })
      if (then.state !== 'present' || now.state === 'present') continue
      await writeSecret(client, path, then.data, { cas: versionOf(now), signal })
      copied.set(path, contentHash(then.data))
    }
    if (copied.size === 0) throw new NotRecovered([under], 'the backup has nothing that is missing')
    return copied
  }

  /** @throws {NotRecovered} when a copy is not what the backup had. */
  async seesCopied(copied: ReadonlyMap<string, string>): Promise<void> {
    const { signal } = this.#place
    const client = await this.#leader()
    for (const [path, hash] of copied) {
      const now = await readSecret(client, path, { signal })
      if (now.state !== 'present' || contentHash(now.data) !== hash) {
        throw new NotRecovered([path], `it is ${now.state} and not what the backup had`)
      }
    }
  }

  /** That nothing but these changed since. @throws {ChangedBeside} */
  async seesNothingElseChanged(
    folder: string,
    before: Fingerprint,
    recovered: Iterable<string>,
  ): Promise<void> {
    const after = await this.fingerprint(folder)
    const own = new Set(recovered)
    const paths = new Set([...before.keys(), ...after.keys()])
    const changed = [...paths].filter(
      (path) => !own.has(path) && before.get(path) !== after.get(path),
    )
    if (changed.length > 0) throw new ChangedBeside(changed)
  }

  /**
   * That every node answers with the same secrets below a folder: each is asked itself. HashiCorp
   * Vault's standbys hand the question to the leader, so there it proves no more than that they do.
   * @throws {NodesDiffer} @throws {VaultError} when one of them cannot read what it stores.
   */
  async seesSameOnEach(nodes: readonly Node[], folder: string): Promise<void> {
    const { view, signal } = this.#place
    const prints = await all(
      nodes.map(async ({ name }) => printsOf(view.client(name), folder, signal)),
    )
    const [first = new Map(), ...others] = prints
    for (const [i, other] of others.entries()) {
      const paths = new Set([...first.keys(), ...other.keys()])
      const different = [...paths].filter((path) => first.get(path) !== other.get(path))
      const pair = [nodes[0]?.name, nodes[i + 1]?.name].join(' and ')
      if (different.length > 0) throw new NodesDiffer(pair, different)
    }
  }

  async #leader(): Promise<VaultClient> {
    const { view, signal } = this.#place
    return view.client(await view.leader(signal))
  }
}

async function printsOf(
  client: VaultClient,
  folder: string,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const prints = new Map<string, string>()
  for (const path of await pathsBelow(client, folder, signal)) {
    prints.set(path, await printOf(client, path, signal))
  }
  return prints
}

async function printOf(client: VaultClient, path: string, signal: AbortSignal): Promise<string> {
  const metadata = await readSecretMetadata(client, path, { signal })
  const hash = createHash('sha256').update(JSON.stringify(metadata ?? null))
  for (const { version, state } of metadata?.versions ?? []) {
    if (state !== 'present') continue
    const read = await readSecret(client, path, { version, signal })
    hash.update(`${version}:${read.state === 'present' ? contentHash(read.data) : read.state};`)
  }
  return hash.digest('hex')
}

const versionOf = (read: SecretRead): number => (read.state === 'absent' ? 0 : read.version)

/** What should be back is not. */
export class NotRecovered extends Error {
  override readonly name = 'NotRecovered'
  constructor(paths: readonly string[], seen: string) {
    super(`wanted: ${paths.join(', ')} as the backup had it; seen: ${seen}`)
  }
}

/** Two nodes of one cluster give other answers to the same questions. */
export class NodesDiffer extends Error {
  override readonly name = 'NodesDiffer'
  constructor(nodes: string, paths: readonly string[]) {
    super(`${nodes} differ in ${paths.length} secrets: ${paths.slice(0, 5).join(', ')}`)
  }
}

/** A recovery touched more than it should. */
export class ChangedBeside extends Error {
  override readonly name = 'ChangedBeside'
  constructor(paths: readonly string[]) {
    super(`${paths.length} other secrets changed: ${paths.slice(0, 5).join(', ')}`)
  }
}
