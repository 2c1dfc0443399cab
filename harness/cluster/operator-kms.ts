import { rm } from 'node:fs/promises'
import { Kms } from '../aws/kms.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { readSnapshotFacts } from '../vault/snapshot-facts.ts'
import type { KmsAdmin } from './custody.ts'
import type { OperatorPlace } from './operator.ts'
import type { OperatorSnapshots } from './operator-snapshots.ts'

/** The keys of the KMS, as whoever administers AWS handles them: each change is given an admin. */
export class OperatorKms {
  readonly #place: OperatorPlace
  readonly #snapshots: OperatorSnapshots

  constructor(place: OperatorPlace, snapshots: OperatorSnapshots) {
    this.#place = place
    this.#snapshots = snapshots
  }

  /** The one that an interrupted rotation has made, else a new one. Gives its id. */
  async make(admin: KmsAdmin): Promise<string> {
    const { notes, signal } = this.#place
    const made = notes.read(MADE) ?? (await kmsOf(admin, (kms) => kms.create({ signal })))
    notes.write(MADE, made)
    return made
  }

  /** From now on the nodes encrypt with this one; they are not told, and need not be. */
  async pointAlias(admin: KmsAdmin, id: string): Promise<void> {
    const { signal } = this.#place
    await kmsOf(admin, (kms) => kms.pointAlias(admin.alias, id, { signal }))
  }

  /** Cancels a deletion that is pending and enables the key of the seal. */
  async restore(admin: KmsAdmin): Promise<void> {
    const { signal } = this.#place
    await kmsOf(admin, async (kms) => {
      // Which key it is now: the alias may have moved, and these calls take none.
      const { arn } = await kms.describe(admin.alias, { signal })
      await kms.restore(arn, { signal })
    })
  }

  /**
   * Ids of the keys without which nobody opens what is stored: a snapshot tells, in clear.
   * @throws {SnapshotIncomplete} when the KMS does not encrypt.
   */
  async keysOfStorage(): Promise<readonly string[]> {
    const { notes } = this.#place
    try {
      const { file } = await this.#snapshots.save(TRIAL)
      return ((await readSnapshotFacts(file)).seal?.keyIds ?? []).map(idOf)
    } finally {
      await rm(notes.file(TRIAL), { force: true })
    }
  }

  /** That this key alone opens what is stored. */
  async seesStorageUnder(id: string): Promise<void> {
    const { notes, signal } = this.#place
    await until(
      `what is stored is opened by ${id}`,
      async () => {
        const ids = await this.keysOfStorage()
        return ids.length === 1 && ids[0] === id ? happened(true) : notYet(`by ${ids.join(', ')}`)
      },
      { within: seconds(30), every: milliseconds(500), signal },
    )
    notes.forget(MADE)
  }
}

/** From where people administer AWS, which is none of the nodes' hosts. */
async function kmsOf<T>({ address }: KmsAdmin, act: (kms: Kms) => Promise<T>): Promise<T> {
  const kms = await Kms.at(address)
  try {
    return await act(kms)
  } finally {
    kms.close()
  }
}

const MADE = 'new-kms-key'
const TRIAL = 'keys-of-storage.snap'

/** Of an ARN or of an id. */
const idOf = (name: string): string => name.split('/').at(-1) ?? name
