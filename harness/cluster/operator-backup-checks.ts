import { rm } from 'node:fs/promises'
import type { ObjectHead, S3 } from '../aws/s3.ts'
import { wallClock, wallClockMs } from '../lib/clock.ts'
import { type Duration, formatDuration, milliseconds } from '../lib/duration.ts'
import { type SnapshotFacts, verifySnapshot } from '../vault/snapshot-facts.ts'
import { newerThan } from '../vault/version.ts'
import { sayMetric } from './backup-metrics.ts'
import {
  type BackupName,
  ENCRYPTED,
  parseBackupName,
  SAVED,
  SNAPSHOT_SHA256,
} from './backup-name.ts'
import { Keyring } from './keyring.ts'
import { withStore } from './object-store.ts'
import type { OperatorPlace } from './operator.ts'
import { SUM } from './operator-snapshots.ts'
import { Refusal } from './refusal.ts'

/** A backup as it was found in the store. */
export type FoundBackup = {
  readonly bucket: string
  readonly key: string
  /** When its snapshot was asked for, and when all of it was there. */
  readonly takenMs: number
  readonly savedMs: number
  readonly head: ObjectHead
  /** Since its snapshot was asked for: what was written meanwhile, a restore gives up. */
  readonly age: Duration
}

/** Which backup is meant. */
export type WantedBackup = {
  readonly bucket: string
  /** One older than that, now or at `beforeMs`, is not taken without a decision. */
  readonly youngerThan: Duration
  /** When what is to come back was lost: all of the backup was there before that. */
  readonly beforeMs?: number | undefined
}

export type ChosenBackup = FoundBackup & {
  /** The younger ones, which have what was to be undone. */
  readonly leftAside: number
}

/** What whoever decides about a restore has to weigh. */
export const costOf = ({ key, age, leftAside }: ChosenBackup): string => {
  const aside = leftAside === 0 ? '' : `, ${leftAside} younger left aside`
  return `${key}${aside}: whatever was written in the last ${formatDuration(age)} is not in it`
}

/** What the weekly job looks at: the newest backup, as somebody who needs it would find it. */
export class OperatorBackupChecks {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  /**
   * The newest daily or manual one (RB:219 does not look below `manual/`), or the newest of before
   * an instant. A listing that fails says nothing about what is there: it is an error of its own
   * (RB:191 takes it for an empty bucket, and an empty bucket for success).
   * @throws {NoBackup} when there is none, none that is young enough, or a newer one that somebody
   *   has deleted and that is there below its delete marker. @throws {AwsError}
   */
  async newest({ bucket, youngerThan, beforeMs }: WantedBackup): Promise<ChosenBackup> {
    const { store, signal } = this.#place
    return withStore(store, async (s3) => {
      const names = (await s3.list(bucket, { signal }))
        .flatMap(({ key }) => parseBackupName(key) ?? [])
        .toSorted((a, b) => a.takenMs - b.takenMs)
      const older = names.filter(({ takenMs }) => takenMs < (beforeMs ?? Infinity))
      const found = await this.#newestOf(s3, bucket, older, beforeMs)
      const hidden = (await s3.allVersions(bucket, { signal }))
        .filter(({ isLatest, isMarker }) => isLatest && isMarker)
        .flatMap(({ key }) => parseBackupName(key) ?? [])
        .filter(({ takenMs }) => takenMs > (found?.takenMs ?? 0))
        .filter(({ takenMs }) => takenMs < (beforeMs ?? Infinity))
        .map(({ key }) => key)
      const below = `${hidden.join(', ')} ${hidden.length === 1 ? 'is' : 'are'} hidden by a delete marker`
      const then = beforeMs === undefined ? '' : ` of before ${new Date(beforeMs).toISOString()}`
      if (found === undefined) {
        const rest = hidden.length === 0 ? '' : `; ${below}`
        throw new NoBackup(`there is no backup in ${bucket}${then}${rest}`)
      }
      const { key, takenMs } = found
      if (hidden.length > 0)
        throw new NoBackup(`${key} is not the newest in ${bucket}${then}: ${below}`)
      const age = milliseconds((beforeMs ?? wallClockMs()) - takenMs)
      if (age.ms > youngerThan.ms) {
        const old = beforeMs === undefined ? 'old' : 'older than that'
        const told = `${formatDuration(age)} ${old}, wanted was one of the last ${formatDuration(youngerThan)}`
        throw new NoBackup(`the newest backup in ${bucket}${then}, ${key}, is ${told}`)
      }
      const leftAside = names.filter((name) => name.takenMs > takenMs).length
      return { ...found, age: milliseconds(wallClockMs() - takenMs), leftAside }
    })
  }

  /**
   * The last of these names whose object was all there before the instant; mostly one question.
   * Names have whole seconds: of a daily and a manual one of the same second it is the one whose
   * last byte came later.
   */
  async #newestOf(
    s3: S3,
    bucket: string,
    names: readonly BackupName[],
    beforeMs = Infinity,
  ): Promise<Omit<FoundBackup, 'age'> | undefined> {
    const { signal } = this.#place
    let found: Omit<FoundBackup, 'age'> | undefined
    for (const { key, takenMs } of names.toReversed()) {
      if (takenMs < (found?.takenMs ?? 0)) break
      const head = await s3.head(bucket, key, { signal })
      if (head === undefined) throw new NoBackup(`${key} is listed in ${bucket}, and is not there`)
      const told = Date.parse(head.metadata[SAVED] ?? '')
      const savedMs = Number.isNaN(told) ? takenMs : told
      if (savedMs < beforeMs && savedMs > (found?.savedMs ?? 0))
        found = { bucket, key, takenMs, head, savedMs }
    }
    return found
  }

  /**
   * Fetches it into the operator's folder and reads all of it.
   * @throws {SnapshotDamaged} also when it is of the other product. @throws {NotAsSaved} when it is whole and still another file.
   */
  readonly fetch = async ({ bucket, key, head }: FoundBackup): Promise<SnapshotFacts> => {
    const { store, notes, product, signal } = this.#place
    const file = notes.file(FETCHED)
    const isEncrypted = key.endsWith(ENCRYPTED)
    const keyring = new Keyring(notes)
    if (isEncrypted) keyring.privateKey(key)
    const stored = isEncrypted ? `${file}${ENCRYPTED}` : file
    const { sha256 } = await withStore(store, (_s3, files) =>
      files.download(bucket, key, stored, { version: head.version, signal }),
    )
    const saved = head.metadata.sha256
    const isAsSaved = () => {
      if (saved !== undefined && saved !== sha256) throw new NotAsSaved(key, saved, sha256)
    }
    if (isEncrypted) {
      isAsSaved() // damage has a better name than what decrypting says of it
      await keyring.decrypt(stored, file)
      await rm(stored)
    }
    const facts = await verifySnapshot(file, { product })
    isAsSaved()
    const inside = head.metadata[SNAPSHOT_SHA256]
    if (inside !== undefined && inside !== facts.sha256)
      throw new NotAsSaved(key, inside, facts.sha256)
    notes.write(`${FETCHED}${SUM}`, facts.sha256)
    return facts
  }

  /**
   * That what is installed here reads what it was written by: asked before anything is changed,
   * since a server finds out when its data is gone.
   * @throws {Refusal} naming both versions.
   */
  seesVersion({ serverVersions }: SnapshotFacts): void {
    const { version } = this.#place.machines
    if (version === undefined) return
    const newer = newerThan(version, serverVersions)
    if (newer === undefined) return
    throw new Refusal(`servers of ${newer}, which wrote the backup, or later`, version)
  }

  /**
   * Without these keys nobody restores it, however whole it is. One of a cluster that people
   * unseal has none: restored here it leaves a node that no key opens (RB-02).
   * @throws {KeyAway} {OtherSeal}
   */
  async seesKeys({ seal }: SnapshotFacts): Promise<void> {
    if (seal?.type !== SEAL_TYPE) throw new OtherSeal(seal?.type ?? 'none')
    for (const id of seal?.keyIds ?? []) {
      const { state } = await this.#place.describeKey(id)
      if (state !== 'Enabled') throw new KeyAway(id, state)
    }
  }

  get fetched(): string {
    return this.#place.notes.file(FETCHED)
  }

  /** Marks the object, and says for the collector of text files when and of what. */
  async end({ bucket, key, head }: FoundBackup, what: 'verified' | 'restored'): Promise<void> {
    const { store, notes, signal } = this.#place
    await withStore(store, async (s3) => {
      const { version } = head
      const tags = await s3.tags(bucket, key, { version, signal })
      await s3.tag(bucket, key, { ...tags, [what]: wallClock() }, { version, signal })
    })
    notes.forget(FETCHED)
    sayMetric(notes, `vault_backup_${what}`, 1)
  }

  /** What rings when the job failed; the reason is in its output. */
  alarm(what: 'verified' | 'restored'): void {
    const { notes } = this.#place
    notes.forget(FETCHED)
    sayMetric(notes, `vault_backup_${what}`, 0)
  }
}

const FETCHED = 'newest.fetched'

/** Of every node that this operator is on call for. */
const SEAL_TYPE = 'awskms'

/** The snapshot is of a cluster with another seal. */
export class OtherSeal extends Error {
  override readonly name = 'OtherSeal'
  constructor(type: string) {
    super(`the backup is of a cluster with the seal ${type}; the nodes have ${SEAL_TYPE}`)
  }
}

/** There is nothing to restore from. */
export class NoBackup extends Error {
  override readonly name = 'NoBackup'
}

/** A whole snapshot, and not the one that was saved under this name. */
export class NotAsSaved extends Error {
  override readonly name = 'NotAsSaved'
  constructor(key: string, saved: string, found: string) {
    super(`${key} was saved with SHA-256 ${saved}, and what is there has ${found}`)
  }
}

/** A key that a restore needs is not enabled. */
export class KeyAway extends Error {
  override readonly name = 'KeyAway'
  constructor(id: string, state: string) {
    super(`the KMS key ${id}, which opens the backup, is ${state}`)
  }
}
