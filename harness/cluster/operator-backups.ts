import { readdir, rm, stat } from 'node:fs/promises'
import { wallClock, wallClockMs } from '../lib/clock.ts'
import { milliseconds, minutes, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, NeverHappened, notYet, until } from '../lib/until.ts'
import { VaultError } from '../vault/error.ts'
import { autopilotState } from '../vault/raft.ts'
import { SnapshotIncomplete } from '../vault/snapshot.ts'
import { SnapshotDamaged, type SnapshotFacts, verifySnapshot } from '../vault/snapshot-facts.ts'
import { type BackupAccess, SNAPSHOT_PATH } from './backup-access.ts'
import { sayMetric } from './backup-metrics.ts'
import {
  type BackupKind,
  type BackupName,
  backupName,
  ENCRYPTED,
  parseBackupName,
  SAVED,
  SNAPSHOT_SHA256,
} from './backup-name.ts'
import { type Expired, firstOf, monthlyOf, pruneLocal, pruneStored } from './backup-retention.ts'
import { Keyring } from './keyring.ts'
import { withStore } from './object-store.ts'
import type { OperatorPlace } from './operator.ts'
import type { OperatorSnapshots } from './operator-snapshots.ts'
import { Refusal } from './refusal.ts'

/** A leader that dies while it sends is followed by another one, which may die as well. */
const SAVE_ATTEMPTS = 3
/** An interrupted backup goes on with what it has; after this time it would be an old one. */
const GOES_ON_WITHIN = minutes(15)
const NOT_ENCRYPTED = 'not asked for'
/** A file that leaves the host. */
type ToStore = { readonly file: string; readonly sha256: string; readonly told: string }

/** Tag of an object that was read back and had the bytes that were saved. */
export const VERIFIED = 'verified'

/** Backups as the job makes them: from the operator pod, with what it is given and no more. */
export class OperatorBackups {
  readonly #place: OperatorPlace
  readonly #snapshots: OperatorSnapshots

  constructor(place: OperatorPlace, snapshots: OperatorSnapshots) {
    this.#place = place
    this.#snapshots = snapshots
  }

  /** @throws {Refusal} when the token could not take a snapshot, and why. */
  async seesRights({ token }: BackupAccess): Promise<void> {
    const { view, anonymous, signal } = this.#place
    const wanted = `a token that may read ${SNAPSHOT_PATH}`
    const client = anonymous(await view.leader(signal)).withToken(token)
    try {
      const { body } = await client.request<Record<string, readonly string[]>>(
        'POST',
        'sys/capabilities-self',
        { body: { paths: [SNAPSHOT_PATH] }, signal },
      )
      const may = body[SNAPSHOT_PATH] ?? []
      if (!may.includes('read') && !may.includes('root')) throw new Refusal(wanted, may.join(', '))
    } catch (error) {
      if (error instanceof VaultError && error.status === 403)
        throw new Refusal(wanted, error.message)
      throw error
    }
  }

  /**
   * A leader and a healthy majority: who has lost a node needs the backup all the more.
   * @throws {Refusal}
   */
  async seesHealth({ token }: BackupAccess): Promise<void> {
    const { view, anonymous, signal } = this.#place
    const wanted = 'a leader and a healthy majority of voters'
    const look = async () => {
      const leader = anonymous(await view.leader(signal)).withToken(token)
      const state = await autopilotState(leader, { within: seconds(2), signal })
      if (state === undefined) return notYet('autopilot has no state yet')
      const { servers, voters } = state
      const healthy = servers.filter((each) => each.healthy && voters.includes(each.node)).length
      return 2 * healthy > voters.length
        ? happened(true)
        : notYet(`${healthy} of ${voters.length} voters are healthy`)
    }
    try {
      await until(wanted, look, { within: seconds(30), every: milliseconds(100), signal })
    } catch (error) {
      if (error instanceof NeverHappened) throw new Refusal(wanted, error.lastSeen)
      throw error
    }
  }

  /** The name of the backup that was interrupted a moment ago, else a new one. */
  async begin(kind: BackupKind, { recipient }: Pick<BackupAccess, 'recipient'> = {}) {
    const { notes, signal } = this.#place
    const encrypted = recipient !== undefined
    const interrupted = parseBackupName(notes.read(underWay(kind)) ?? '')
    if (interrupted !== undefined && wallClockMs() - interrupted.takenMs < GOES_ON_WITHIN.ms)
      return backupName(kind, interrupted.takenMs, encrypted)
    const look = async () => {
      const name = backupName(kind, wallClockMs(), encrypted)
      // Names have whole seconds: of two of one second, daily or manual, nobody knew the newest.
      const { takenMs } = name
      for (const each of ['daily', 'manual'] as const) {
        const { file } = backupName(each, takenMs)
        const begun = parseBackupName(notes.read(underWay(each)) ?? '')
        if (begun?.takenMs === takenMs || (await isThere(notes.file(file))))
          return notYet(`${file} is there`)
      }
      return happened(name)
    }
    const name = await until('a second is free', look, { within: seconds(5), signal })
    notes.write(underWay(kind), name.key)
    return name
  }

  /** Takes the snapshot of whoever leads, anew when that changes while it is sent. */
  async save({ file }: BackupName, token: Secret): Promise<void> {
    const { view, notes, signal } = this.#place
    if (await isWhole(notes.file(file))) return
    for (let attempt = 1; ; attempt++) {
      const asked = await view.leader(signal)
      try {
        await this.#snapshots.save(file, token)
        return
      } catch (error) {
        signal.throwIfAborted()
        const isLast = attempt === SAVE_ATTEMPTS
        if (isLast || !(await this.#isAnotherWorthwhile(asked, error))) throw error
      }
    }
  }

  async #isAnotherWorthwhile(asked: string, error: unknown): Promise<boolean> {
    if (error instanceof RequestFailed) return true
    if (error instanceof VaultError) return error.status === 307 || error.status >= 500
    const { view, signal } = this.#place
    return error instanceof SnapshotIncomplete && (await view.leader(signal)) !== asked
  }

  /** What a restore of it would need. @throws {SnapshotDamaged} */
  async read({ file }: BackupName): Promise<SnapshotFacts> {
    return verifySnapshot(this.#place.notes.file(file))
  }

  /**
   * That what leaves the host can be encrypted, where that is wanted: asked before anything is
   * taken. @throws {Refusal} when the recipient's key is not there.
   */
  async seesRecipient({ recipient }: BackupAccess): Promise<string> {
    if (recipient === undefined) return NOT_ENCRYPTED
    new Keyring(this.#place.notes).recipientKey(recipient)
    return `for ${recipient}`
  }

  /** What is to be stored: the local copy, or one beside it that only the recipient can read. */
  async encrypt(name: BackupName, facts: SnapshotFacts, access: BackupAccess): Promise<ToStore> {
    const file = this.#place.notes.file(name.file)
    const { recipient } = access
    if (recipient === undefined) return { file, sha256: facts.sha256, told: NOT_ENCRYPTED }
    const target = `${file}${ENCRYPTED}`
    const { sha256 } = await new Keyring(this.#place.notes).encrypt(file, target, recipient)
    return { file: target, sha256, told: `for ${recipient}` }
  }

  /** Stores it, unless it is there already; uploads that were cut are cleared first. */
  async store(name: BackupName, facts: SnapshotFacts, what: ToStore, access: BackupAccess) {
    const { notes, store, signal } = this.#place
    const { bucket, kmsKey } = access
    // Whoever restores it wants to know first whether they have what opens it.
    const { mtime } = await stat(notes.file(name.file))
    const metadata = {
      'seal-keys': (facts.seal?.keyIds ?? []).join(' '),
      [SAVED]: mtime.toISOString(),
      ...(name.encrypted ? { [SNAPSHOT_SHA256]: facts.sha256 } : {}),
    }
    await withStore(store, async (s3, files) => {
      for (const { key, upload } of await files.unfinished(bucket, { prefix: name.key, signal }))
        await files.abort(bucket, key, upload, { signal })
      const head = await s3.head(bucket, name.key, { signal })
      if (head?.metadata.sha256 === what.sha256 && head.kmsKey?.endsWith(kmsKey)) return
      const options = { sha256: what.sha256, kmsKey, metadata, signal }
      await files.upload(bucket, name.key, what.file, options)
    })
  }

  /**
   * Reads the object back and compares it with what was stored. What differs is deleted: a retry
   * takes what the object says of itself for a sign that it is stored, and would not mend it.
   * @throws {NotAsStored}
   */
  async verify(name: BackupName, what: ToStore, { bucket }: BackupAccess): Promise<void> {
    const { notes, store, signal } = this.#place
    const { key } = name
    const copy = notes.file(`${name.file}.read-back`)
    await withStore(store, async (s3, files) => {
      const head = await s3.head(bucket, key, { signal })
      const of = { ...(head === undefined ? {} : { version: head.version }), signal }
      try {
        const { sha256 } = await files.download(bucket, key, copy, of)
        if (sha256 !== what.sha256) {
          const removed = s3.remove(bucket, key, of)
          const left = await removed.then(() => undefined, String)
          throw new NotAsStored(key, { saved: what.sha256, read: sha256 }, left)
        }
      } finally {
        await rm(copy, { force: true })
      }
      await s3.tag(bucket, key, { [VERIFIED]: wallClock() }, of)
    })
    if (name.encrypted) await rm(what.file, { force: true })
  }

  /** What would be deleted now, in the store and of the local copies, and why the rest stays. */
  async expired({ bucket }: BackupAccess): Promise<Expired> {
    const { notes, store, signal } = this.#place
    const nowMs = wallClockMs()
    return withStore(store, async (s3) => {
      // With the hidden ones: a marker that somebody set does not keep the bytes from being old.
      const versions = await s3.allVersions(bucket, { signal })
      const keys = [...new Set(versions.map(({ key }) => key))]
      const visible = versions
        .filter(({ isLatest, isMarker }) => isLatest && !isMarker)
        .map(({ key }) => key)
      const isVerified = async (key: string) => VERIFIED in (await s3.tags(bucket, key, { signal }))
      const monthly = await monthlyOf(keys, { nowMs, visible: new Set(visible), isVerified })
      const daily = visible.filter((key) => parseBackupName(key)?.kind === 'daily').toSorted()
      // From the newest on, so mostly one question.
      const verified = await firstOf(daily.toReversed(), isVerified)
      return {
        stored: pruneStored(keys, { nowMs, verified, monthly }),
        local: pruneLocal(await readdir(notes.folder), nowMs),
      }
    })
  }

  /** Deletes what was said to have expired and nothing else, every version of it. */
  async prune({ bucket }: BackupAccess, expired: Expired): Promise<void> {
    const { notes, store, signal } = this.#place
    await withStore(store, async (s3) => {
      for (const key of expired.stored.drop) {
        for (const { version } of await s3.versions(bucket, key, { signal }))
          await s3.remove(bucket, key, { version, signal })
      }
    })
    for (const file of expired.local.drop) await rm(notes.file(file), { force: true })
  }

  /** For the collector of text files on the host; a failed job leaves the last success there. */
  end(kind: BackupKind): void {
    const { notes } = this.#place
    sayMetric(notes, 'vault_backup_success_timestamp', Math.floor(wallClockMs() / 1000))
    notes.forget(underWay(kind))
  }
}

const underWay = (kind: BackupKind): string => `backup-${kind}-under-way`

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

/** Of an earlier attempt; what is not whole is removed. */
async function isWhole(path: string): Promise<boolean> {
  if (!(await isThere(path))) return false
  try {
    await verifySnapshot(path)
    return true
  } catch (error) {
    if (!(error instanceof SnapshotDamaged)) throw error
    await rm(path)
    return false
  }
}

/** The store gave other bytes than it was given; the object is gone unless that failed. */
export class NotAsStored extends Error {
  override readonly name = 'NotAsStored'
  constructor(key: string, { saved, read }: { saved: string; read: string }, left?: string) {
    const then = left === undefined ? 'it was deleted' : `it could not be deleted: ${left}`
    super(`${key} was saved with SHA-256 ${saved}, and is read back with ${read}; ${then}`)
  }
}
