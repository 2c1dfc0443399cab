import { basename } from 'node:path'
import { milliseconds, minutes, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { VaultError } from '../vault/error.ts'
import { describeHealth, readHealth } from '../vault/health.ts'
import { type Initialized, initialize } from '../vault/init.ts'
import { sealStatus } from '../vault/seal.ts'
import { createToken } from '../vault/setup.ts'
import { restoreSnapshot, type SavedSnapshot, saveSnapshot } from '../vault/snapshot.ts'
import { readSnapshotFacts } from '../vault/snapshot-facts.ts'
import { tokenState } from '../vault/token.ts'
import { newerThan } from '../vault/version.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'

/** By what the end of a restore is seen. */
export type RestoreTokens = {
  /** Of the snapshot's time; `undefined`: nobody has one. */
  readonly original: Secret | undefined
  /** Of the time before the restore, which makes it void. */
  readonly throwAway: Secret
}

/** Snapshots as the operator takes and restores them; the journal has when. */
export class OperatorSnapshots {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  /**
   * A snapshot of the leader, in a file of the operator's.
   * @throws {SnapshotIncomplete} when the leader sent less than it promised. @throws {VaultError}
   */
  async save(name: string, token?: Secret): Promise<SavedSnapshot> {
    const { view, anonymous, notes, log, signal } = this.#place
    const leader = await view.leader(signal)
    const client = token === undefined ? view.client(leader) : anonymous(leader).withToken(token)
    const operation = await log.began('snapshot')
    try {
      const saved = await saveSnapshot(client, notes.file(name), { signal })
      log.ended(operation, 'acknowledged')
      notes.write(savedAs(saved.sha256), String(operation))
      return saved
    } catch (error) {
      log.ended(operation, 'refused', messageOf(error))
      throw error
    }
  }

  /**
   * What the leader has now, in a file of the operator's, before something is put in its place.
   * Nothing is restored from it unless somebody decides to, so the judge is not told.
   * @throws {SnapshotIncomplete} @throws {VaultError}
   */
  async keepPresent(name: string): Promise<void> {
    const { view, notes, signal } = this.#place
    await saveSnapshot(view.client(await view.leader(signal)), notes.file(name), { signal })
  }

  /** A token of now, which a restore of anything older makes void. @throws {VaultError} */
  async tokenOfNow(): Promise<Secret> {
    const { view, signal } = this.#place
    const leader = view.client(await view.leader(signal))
    return createToken(leader, { policies: ['default'], ttl: '1h', signal })
  }

  /**
   * Keys of its own for an empty node; it unseals itself.
   * @throws {InitOutcomeUnknown} when only an empty disk helps.
   */
  async initialize(node: Node): Promise<Initialized> {
    const { anonymous, signal } = this.#place
    const client = anonymous(node.name)
    // An init that is sent too early may be applied although it seems to have failed.
    await this.#healthOf(node, 501)
    const made = await initialize(client, {
      recoveryShares: 1,
      recoveryThreshold: 1,
      within: seconds(30),
      signal,
    })
    await this.#healthOf(node, 200)
    return made
  }

  /**
   * Uploads the snapshot, unless a newer server than this one has written it. The answer says that
   * it is valid; {@link untilInForce} ends the operation that this one begins.
   * @throws {WrittenByNewer} naming both versions. @throws {VaultError} 400 when it is damaged or the seal
   * cannot open it; the node is unchanged.
   */
  async restore(
    node: Node,
    { file, token, force = false }: { file: string; token: Secret; force?: boolean },
  ): Promise<void> {
    const { anonymous, log, notes, signal } = this.#place
    await this.#seesVersion(node, file)
    const of = notes.read(savedAs(notes.read(`${basename(file)}${SUM}`) ?? ''))
    const operation = await log.began('restore', of === undefined ? undefined : Number(of))
    // An operator who is gone may have restored it all the same: whoever sees it says so.
    notes.write(operationOf(node), String(operation))
    try {
      const client = anonymous(node.name).withToken(token)
      await restoreSnapshot(client, file, { force, signal })
    } catch (error) {
      const isRefusal = error instanceof VaultError && error.status < 500
      log.ended(operation, isRefusal ? 'refused' : 'unknown', messageOf(error))
      throw error
    }
  }

  /**
   * Waits until the snapshot is what the node serves: a token of its time is known, and the one
   * that restored it is not. The answer to the upload came seconds before that (RB:241). Where
   * nobody has an original token, the other one must be refused for a while by a node that leads.
   */
  async untilInForce(node: Node, tokens: RestoreTokens): Promise<void> {
    const { log, notes, signal } = this.#place
    const wanted = tokens.original === undefined ? REFUSED_IN_A_ROW : 1
    let inARow = 0
    await until(
      `the snapshot is in force on ${node.name}`,
      async () => {
        const seen = await this.#tokens(node, tokens)
        inARow = IN_FORCE.includes(seen) ? inARow + 1 : 0
        return inARow >= wanted ? happened(true) : notYet(seen)
      },
      { within: minutes(2), every: milliseconds(100), signal },
    )
    const operation = notes.read(operationOf(node))
    if (operation !== undefined) log.ended(Number(operation), 'acknowledged')
    notes.forget(operationOf(node))
  }

  /**
   * Whether a restore that somebody began before is in force, or will be: while a server restores
   * it knows neither token, and another upload would be refused or restore twice.
   */
  async isUnderWay(node: Node, tokens: RestoreTokens): Promise<boolean> {
    const { log, notes, signal } = this.#place
    let untouched = 0
    const isUnderWay = await until(
      `${node.name} knows one of the tokens`,
      async () => {
        const seen = await this.#tokens(node, tokens)
        if (IN_FORCE.includes(seen)) return happened(true)
        // Not at the first look: an upload may have ended just now.
        untouched = NOT_BEGUN.includes(seen) ? untouched + 1 : 0
        return untouched >= UNTOUCHED_IN_A_ROW ? happened(false) : notYet(seen)
      },
      { within: minutes(1), every: milliseconds(250), signal },
    )
    const operation = notes.read(operationOf(node))
    if (!isUnderWay && operation !== undefined) {
      log.ended(Number(operation), 'refused', 'the node has nothing of it')
    }
    return isUnderWay
  }

  async #tokens(node: Node, { original, throwAway }: RestoreTokens): Promise<string> {
    const { anonymous, signal } = this.#place
    const client = anonymous(node.name)
    const options = { within: seconds(2), signal }
    if (original === undefined) {
      const own = await tokenState(client.withToken(throwAway), options)
      const { state } = await readHealth(client, options).catch((error) => {
        if (error instanceof RequestFailed) return { state: error.code }
        throw error
      })
      return `the throw-away token is ${own}, the node ${state}`
    }
    const old = await tokenState(client.withToken(original), options)
    const own = await tokenState(client.withToken(throwAway), options)
    return `the original token is ${old}, the throw-away one ${own}`
  }

  /**
   * A server does not read what a newer one has written, and finds out when it is too late. Whoever
   * fetches a backup has compared it with what is installed; this is what really runs.
   */
  async #seesVersion({ name }: Node, file: string): Promise<void> {
    const { anonymous, signal } = this.#place
    const { version } = await sealStatus(anonymous(name), { within: seconds(5), signal })
    const { serverVersions } = await readSnapshotFacts(file)
    const newer = newerThan(version, serverVersions)
    if (newer !== undefined) throw new WrittenByNewer(newer, version)
  }

  async #healthOf(node: Node, status: number): Promise<void> {
    const { anonymous, signal } = this.#place
    const client = anonymous(node.name)
    await until(
      `${node.name} answers its health check with ${status}`,
      async () => {
        const health = await readHealth(client, { within: seconds(2), signal })
        return health.status === status ? happened(true) : notYet(describeHealth(health))
      },
      { within: seconds(60), every: milliseconds(50), signal },
    )
  }
}

const IN_FORCE = [
  'the original token is valid, the throw-away one refused',
  'the throw-away token is refused, the node leader',
]
const NOT_BEGUN = [
  'the original token is refused, the throw-away one valid',
  'the throw-away token is valid, the node leader',
]

/**
 * For two seconds: a server that has the new data and not yet their keys knows no token at all, and
 * then answers nobody until it has them.
 */
const REFUSED_IN_A_ROW = 20

/** For a second: what a server was sent whole, it begins to restore at once. */
const UNTOUCHED_IN_A_ROW = 5

/** What of a file beside it has its SHA-256; whoever read it has left it. */
export const SUM = '.sha256'
/** Where the number of the operation is kept that saved a snapshot. */
const savedAs = (sha256: string): string => `snapshot-operation-${sha256}`

/** Where the number of the operation is kept that the next one who looks has to end. */
const operationOf = ({ name }: Node): string => `restore-operation-${name}`

/** The snapshot was not uploaded; what was done before that stays done. */
export class WrittenByNewer extends Error {
  override readonly name = 'WrittenByNewer'
  constructor(writer: string, version: string) {
    super(
      `wanted: a server of ${writer}, which wrote the snapshot, or later; seen: ${version}; it was not uploaded`,
    )
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
