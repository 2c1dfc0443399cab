import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { wallClock, wallClockMs } from '../lib/clock.ts'
import type { Address } from '../lib/http.ts'
import type { KeyPair } from '../lib/pgp.ts'
import type { BackupAccess } from './backup-access.ts'
import { readMetric } from './backup-metrics.ts'
import { type BackupName, backupName, parseBackupName } from './backup-name.ts'
import { monthOf } from './backup-retention.ts'
import type { Cluster } from './cluster.ts'
import { textsIn } from './in-clear.ts'
import { Keyring } from './keyring.ts'
import { ledByNewer } from './newer-snapshot.ts'
import { withStore } from './object-store.ts'
import { VERIFIED } from './operator-backups.ts'
import { OperatorNotes } from './operator-notes.ts'

/** One backup as the store has it. */
export type BackupSeen = {
  readonly key: string
  readonly bytes: number
  readonly verified: boolean
}

/** What retention has left. */
export type Retained = {
  readonly daysOfTheLast90: number
  readonly months: number
  /** Older than 90 days, and not the only one of its month. */
  readonly beside: number
  /** Older than 90 days, and hidden or never read back whole. */
  readonly doubtful: number
  readonly manual: number
  readonly local: number
}

const DAY_MS = 86_400_000
const daysSince = ({ takenMs }: BackupName): number =>
  Math.floor(wallClockMs() / DAY_MS) - Math.floor(takenMs / DAY_MS)
const isYoung = (name: BackupName): boolean => daysSince(name) < 90

function isOldDaily(key: string): boolean {
  const name = parseBackupName(key)
  return name?.kind === 'daily' && !isYoung(name)
}

/** The first backup of each month that is past the last 90 days whole, the youngest first. */
function firstsOfMonths(names: readonly BackupName[]): readonly BackupName[] {
  const months = new Set(names.filter((name) => !isYoung(name)).map(monthOf))
  for (const month of names.filter(isYoung).map(monthOf)) months.delete(month)
  const first = (month: string) => names.findLast((name) => monthOf(name) === month)
  return [...months].flatMap((month) => first(month) ?? [])
}

/** The first two bytes of a snapshot; those of OpenPGP are others. */
const GZIP = 0x1f8b

/** What backups have left in the store, which we ask directly, and in the operator's folder. */
export class BackupEvidence {
  readonly #cluster: Cluster
  readonly #folder: string
  readonly #access: BackupAccess

  constructor(cluster: Cluster, folder: string, access: BackupAccess) {
    this.#cluster = cluster
    this.#folder = folder
    this.#access = access
  }

  /** Those that are encrypted with the key of this access: the clusters of a run share a bucket. */
  async stored(): Promise<readonly BackupSeen[]> {
    const { bucket, kmsKey } = this.#access
    return withStore(this.#store, async (s3) => {
      const seen: BackupSeen[] = []
      for (const { key, bytes } of await s3.list(bucket)) {
        if (parseBackupName(key) === undefined) continue
        const head = await s3.head(bucket, key)
        if (head?.kmsKey !== kmsKey) continue
        const verified = VERIFIED in (await s3.tags(bucket, key))
        seen.push({ key, bytes, verified })
      }
      return seen
    })
  }

  /** Of all backups in the bucket, whoever made them, the newest first. */
  async keys(): Promise<readonly string[]> {
    const stored = await withStore(this.#store, (s3) => s3.list(this.#access.bucket))
    return stored
      .flatMap(({ key }) => parseBackupName(key) ?? [])
      .toSorted((a, b) => b.takenMs - a.takenMs)
      .map(({ key }) => key)
  }

  /** Of what its name gives now; hex. */
  async sha256(key: string): Promise<string> {
    const { bucket } = this.#access
    const content = await withStore(this.#store, (s3) => s3.get(bucket, key))
    return createHash('sha256').update(content).digest('hex')
  }

  get #store(): Address {
    return this.#cluster.aws.address
  }

  /** The operator's host has one of these keys from now on. */
  give(pair: KeyPair, which: 'public' | 'private'): void {
    const { recipient = '' } = this.#access
    new Keyring(new OperatorNotes(this.#folder)).take(recipient, pair, which)
  }

  /** Uploads that were neither completed nor aborted. */
  async unfinished(): Promise<number> {
    return withStore(this.#store, async (_s3, files) => {
      return (await files.unfinished(this.#access.bucket)).length
    })
  }

  /** Copies in the operator's folder, with their rights: `vault-snapshot-….snap 600`. */
  async local(): Promise<readonly string[]> {
    const files = await readdir(this.#folder).catch(() => [])
    const names = files.filter((file) => /\.snap(\.|$)/.test(file))
    const told = names.map(async (file) => {
      const { mode } = await stat(join(this.#folder, file))
      return `${file} ${(mode & 0o777).toString(8)}`
    })
    return Promise.all(told)
  }

  /** When the job last said that it succeeded, in seconds; `never`. */
  success(): Promise<number | 'never'> {
    return readMetric(this.#folder, 'vault_backup_success_timestamp')
  }

  /** What rings for the weekly jobs: 1 good, 0 an alarm, `never` before the first. */
  alarm(of: 'verified' | 'restored'): Promise<number | 'never'> {
    return readMetric(this.#folder, `vault_backup_${of}`)
  }

  /**
   * Objects of a daily job of so many days until yesterday, the oldest with two versions, a manual
   * one, and local copies of a month; their content is a word. Of the month before the last 90
   * days' the first is hidden by a delete marker, of the one before that it was never verified.
   */
  async plant(days: number): Promise<void> {
    const { bucket } = this.#access
    const yesterdayMs = wallClockMs() - DAY_MS
    const names = Array.from({ length: days }, (_, i) =>
      backupName('daily', yesterdayMs - i * DAY_MS),
    )
    const [hidden, unread] = firstsOfMonths(names)
    const verified = { [VERIFIED]: wallClock() }
    await withStore(this.#store, async (s3) => {
      await s3.put(bucket, backupName('manual', yesterdayMs - 300 * DAY_MS).key, 'planted')
      for (const { key } of names.slice(-1)) await s3.put(bucket, key, 'first version')
      for (const { key } of names)
        await s3.put(bucket, key, 'planted', key === unread?.key ? {} : { tags: verified })
      if (hidden !== undefined) await s3.remove(bucket, hidden.key)
    })
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const { file } of names.slice(0, 30)) await writeFile(join(this.#folder, file), 'planted')
  }

  /** From now on the newest backup is the one before it, with all that the store knew of that. */
  async plantOlder(): Promise<void> {
    const { bucket, kmsKey } = this.#access
    const [newest = '', older = ''] = await this.keys()
    await withStore(this.#store, async (s3) => {
      const { metadata = {} } = (await s3.head(bucket, older)) ?? {}
      await s3.put(bucket, newest, await s3.get(bucket, older), { metadata, kmsKey })
    })
  }

  /**
   * The newest backup as a server of that version would have saved it, with all that the store
   * says of a backup; gives what takes it away again.
   */
  async plantNewer(version: string): Promise<() => Promise<void>> {
    const { bucket, kmsKey } = this.#access
    const [newest = ''] = await this.keys()
    return withStore(this.#store, async (s3) => {
      const { metadata = {} } = (await s3.head(bucket, newest)) ?? {}
      const content = await ledByNewer(await s3.get(bucket, newest), version)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const options = { metadata: { ...metadata, sha256 }, kmsKey }
      const planted = await s3.put(bucket, newest, content, options)
      return () =>
        withStore(this.#store, (store) => store.remove(bucket, newest, { version: planted }))
    })
  }

  /** How many backups there are of each kind, and what else is in the bucket. */
  async retained(): Promise<Retained> {
    const { bucket } = this.#access
    const { names, doubtful } = await withStore(this.#store, async (s3) => {
      const versions = await s3.allVersions(bucket)
      const names = versions.flatMap(({ key }) => parseBackupName(key) ?? [])
      let doubtful = 0
      for (const { key, isMarker } of versions.filter(({ key }) => isOldDaily(key))) {
        if (isMarker || !(VERIFIED in (await s3.tags(bucket, key)))) doubtful++
      }
      return { names, doubtful }
    })
    const daily = names.filter(({ kind }) => kind === 'daily')
    const young = daily.filter(isYoung).map(({ takenMs }) => Math.floor(takenMs / DAY_MS))
    const months = daily.map(monthOf)
    const old = daily.filter((name) => !isYoung(name)).map(monthOf)
    return {
      daysOfTheLast90: new Set(young).size,
      months: new Set(months).size,
      beside: old.length - new Set(old).size,
      doubtful,
      manual: names.length - daily.length,
      local: (await this.local()).length,
    }
  }

  /** Which of these texts stand in clear, in any spelling, in the object. */
  async inClear(key: string, texts: readonly string[]): Promise<readonly string[]> {
    const folder = await mkdtemp(join(tmpdir(), 'drill-backup-'))
    try {
      const file = join(folder, 'object')
      await withStore(this.#store, (_s3, files) => files.download(this.#access.bucket, key, file))
      const object = await readFile(file)
      const isGzip = object.readUInt16BE() === GZIP
      return textsIn(isGzip ? [object, gunzipSync(object)] : [object], texts)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}
