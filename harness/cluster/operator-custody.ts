import { AwsError } from '../aws/emulator.ts'
import type { JournalData } from '../journal/entry.ts'
import { wallClockMs } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { NeverHappened } from '../lib/until.ts'
import { VaultError } from '../vault/error.ts'
import { products } from '../vault/product.ts'
import { areInForce } from '../vault/recovery-keys.ts'
import { SnapshotDamaged } from '../vault/snapshot-facts.ts'
import { parseBackupName } from './backup-name.ts'
import { withStore } from './object-store.ts'
import type { OperatorPlace } from './operator.ts'
import {
  type FoundBackup,
  NotAsSaved,
  type OperatorBackupChecks,
} from './operator-backup-checks.ts'
import type { OperatorSandbox } from './operator-sandbox.ts'
import { WrittenByNewer } from './operator-snapshots.ts'
import { Refusal } from './refusal.ts'
import { ShareCustody, type ShareGeneration } from './share-custody.ts'

/** One backup that is kept, and what of that which is held today opens it. */
export type CustodyRow = JournalData['custody']

/** Whether the keys that are held today open the backups that are kept (RB:229-232, 675-683). */
export class OperatorCustody {
  readonly #place: OperatorPlace
  readonly #checks: OperatorBackupChecks
  readonly #sandbox: OperatorSandbox

  constructor(place: OperatorPlace, checks: OperatorBackupChecks, sandbox: OperatorSandbox) {
    this.#place = place
    this.#checks = checks
    this.#sandbox = sandbox
  }

  /** Every backup that is kept, the oldest first. @throws {AwsError} */
  async retained(bucket: string): Promise<readonly FoundBackup[]> {
    const { store, signal } = this.#place
    return withStore(store, async (s3) => {
      const names = (await s3.list(bucket, { signal }))
        .flatMap(({ key }) => parseBackupName(key) ?? [])
        .toSorted((a, b) => a.takenMs - b.takenMs)
      const found: FoundBackup[] = []
      for (const { key, takenMs } of names) {
        const head = await s3.head(bucket, key, { signal })
        const age = milliseconds(wallClockMs() - takenMs)
        if (head !== undefined) found.push({ bucket, key, takenMs, savedMs: takenMs, head, age })
      }
      return found
    })
  }

  /** Key shares by generation, the oldest first. @throws {AwsError} */
  generations(secret: string): Promise<readonly ShareGeneration[]> {
    const { secretsManager, signal } = this.#place
    return ShareCustody.at(secretsManager(), secret, (custody) => custody.generations(), { signal })
  }

  /**
   * Restores the backup beside the cluster, and has every generation begin a rotation there. A
   * row is what came of it, a refusal too; it is in the journal when this returns.
   */
  async examine(
    backup: FoundBackup,
    {
      audit,
      generations,
      token,
    }: { audit: number; generations: readonly ShareGeneration[]; token: Secret },
  ): Promise<CustodyRow> {
    let keyIds: readonly string[] = []
    const open = async () => {
      const { seal } = await this.#checks.fetch(backup)
      keyIds = seal?.keyIds ?? []
      return this.#open(generations, token)
    }
    const opened = await open().catch((error) => {
      const why = refusalIn(error)
      if (why === undefined) throw error
      const shares = generations.map(({ generation }) => ({ generation, taken: null }))
      return { opens: false, why, shares }
    })
    const row: CustodyRow = {
      audit,
      snapshot: backup.key,
      takenAt: new Date(backup.takenMs).toISOString(),
      kmsKeys: await this.#states(keyIds),
      ...opened,
    }
    this.#place.log.custody(row)
    return row
  }

  async #open(
    generations: readonly ShareGeneration[],
    token: Secret,
  ): Promise<Pick<CustodyRow, 'opens' | 'why' | 'shares'>> {
    const { product, signal } = this.#place
    try {
      await this.#sandbox.start()
      await this.#sandbox.initialize()
      await this.#sandbox.restore(this.#checks.fetched)
      const restored = await this.#sandbox.untilInForce(token)
      const at = { path: products[product].recoveryKeysPath, within: seconds(10), signal }
      const shares: { generation: number; taken: boolean | null }[] = []
      for (const { generation, shares: own } of generations) {
        shares.push({ generation, taken: await areInForce(restored, own, at) })
      }
      return { opens: true, why: 'it was restored, and serves', shares }
    } finally {
      await this.#sandbox.remove()
    }
  }

  async #states(ids: readonly string[]): Promise<CustodyRow['kmsKeys']> {
    const { describeKey } = this.#place
    return Promise.all(
      ids.map(async (id) => {
        const short = id.split('/').at(-1) ?? id
        const { state } = await describeKey(id).catch((error) => {
          return { state: String(error.code ?? error) }
        })
        return { id: short, state }
      }),
    )
  }
}

const OF_BACKUP = [NeverHappened, NotAsSaved, Refusal, SnapshotDamaged, WrittenByNewer]

/**
 * Why this backup does not open: it is damaged, the store refuses it, no private key that is
 * held decrypts it, a newer server wrote it, the server did not take it, or took it and never
 * served it (of another cluster, say). What else fails is of the audit, and ends it.
 */
function refusalIn(error: unknown): string | undefined {
  if (error instanceof VaultError) return error.errors.join('; ') || error.message
  const isOfBackup =
    OF_BACKUP.some((kind) => error instanceof kind) ||
    (error instanceof AwsError && error.isRefusal)
  return isOfBackup && error instanceof Error ? error.message : undefined
}

/** Backups are kept that nobody could use. */
export class NotOpenable extends Error {
  override readonly name = 'NotOpenable'
  constructor(rows: readonly CustodyRow[]) {
    const closed = rows.filter(({ opens }) => !opens)
    const names = closed.map(({ snapshot, why }) => `${snapshot} (${why})`)
    super(`${closed.length} of ${rows.length} backups cannot be opened: ${names.join(', ')}`)
  }
}
