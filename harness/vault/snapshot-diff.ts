import type { ArchiveReading } from './snapshot-archive.ts'
import { entriesIn, piecesOf, SnapshotDamaged } from './snapshot-facts.ts'
import { partOf } from './snapshot-mounts.ts'
import { readableKey, type StorageEntry } from './snapshot-state.ts'

/** How a key differs between two snapshots, `a` and `b`. */
export type KeyDifference = {
  readonly key: string
  /**
   * `changed`: other bytes under the same key. The barrier encrypts anew with every write, so an equal value
   * written again shows as changed too.
   */
  readonly how: 'only-in-a' | 'only-in-b' | 'changed'
}

export type PartDifference = {
  /** As in {@link StoragePart}. */
  readonly prefix: string
  readonly onlyInA: number
  readonly onlyInB: number
  readonly changed: number
  readonly same: number
}

export type SnapshotDiff = {
  readonly a: SnapshotSide
  readonly b: SnapshotSide
  /** Only parts in which something differs. */
  readonly parts: readonly PartDifference[]
  readonly total: Omit<PartDifference, 'prefix'>
}

export type SnapshotSide = {
  readonly file: string
  readonly sha256: string
  readonly index: number | null
  readonly term: number | null
  readonly entries: number
}

/**
 * Compares two snapshots key by key. Both are in the order of their keys (bbolt's), so one walk
 * beside the other does in constant memory, whatever their size.
 * @param onDifference every difference, in the order of the keys
 * @throws {SnapshotDamaged} when one of them is not whole or not in order; what was handed over until then is
 *   no result.
 */
export async function diffSnapshots(
  a: string,
  b: string,
  onDifference: (difference: KeyDifference) => void = () => {},
): Promise<SnapshotDiff> {
  const [left, right] = [new Cursor(a), new Cursor(b)]
  const parts = new Map<string, Counts>()
  const total = noCounts()
  try {
    await Promise.all([left.advance(), right.advance()])
    for (;;) {
      const [ours, theirs] = [left.entry, right.entry]
      if (ours === undefined && theirs === undefined) break
      const order = compare(ours?.key, theirs?.key)
      const key = (order <= 0 ? ours?.key : theirs?.key) as string
      const how = order < 0 ? 'onlyInA' : order > 0 ? 'onlyInB' : sameness(ours, theirs)
      const part = partOf(key)
      const counts = parts.get(part) ?? noCounts()
      parts.set(part, counts)
      counts[how]++
      total[how]++
      if (how !== 'same') onDifference({ key: readableKey(key), how: HOW[how] })
      // Waiting for what is there already would cost more than the comparison.
      if (order <= 0 && !left.step()) await left.advance()
      if (order >= 0 && !right.step()) await right.advance()
    }
    return {
      a: left.side(),
      b: right.side(),
      parts: [...parts]
        .map(([prefix, counts]) => ({ prefix: readableKey(prefix), ...counts }))
        .filter(({ onlyInA, onlyInB, changed }) => onlyInA + onlyInB + changed > 0),
      total,
    }
  } finally {
    await Promise.all([left.close(), right.close()])
  }
}

type Counts = { onlyInA: number; onlyInB: number; changed: number; same: number }

const noCounts = (): Counts => ({ onlyInA: 0, onlyInB: 0, changed: 0, same: 0 })

const HOW = { onlyInA: 'only-in-a', onlyInB: 'only-in-b', changed: 'changed' } as const

function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}

const sameness = (ours?: StorageEntry, theirs?: StorageEntry): 'same' | 'changed' =>
  ours?.value.equals(theirs?.value ?? Buffer.alloc(0)) === true ? 'same' : 'changed'

/** Walks through the entries of one snapshot. */
class Cursor {
  readonly #file: string
  readonly #walk: AsyncGenerator<readonly StorageEntry[], ArchiveReading>
  #batch: readonly StorageEntry[] = []
  #at = 0
  #entries = 0
  #reading: ArchiveReading | undefined

  constructor(file: string) {
    this.#file = file
    this.#walk = entriesIn(piecesOf(file))
  }

  /** `undefined` at the end. */
  get entry(): StorageEntry | undefined {
    return this.#batch[this.#at]
  }

  /** Whether the next entry is at hand. */
  step(): boolean {
    this.#at++
    return this.#at < this.#batch.length
  }

  /** @throws {SnapshotDamaged} at the end of what is not whole. */
  async advance(): Promise<void> {
    if (this.#reading !== undefined) return
    const { done, value } = await this.#walk.next()
    this.#at = 0
    this.#batch = done === true ? [] : value
    this.#entries += this.#batch.length
    if (done !== true) return
    this.#reading = value
    if (value.findings.length > 0) throw new SnapshotDamaged(this.#file, value.findings)
  }

  side(): SnapshotSide {
    const { sha256 = '', meta } = this.#reading ?? {}
    return {
      file: this.#file,
      sha256,
      index: meta?.index ?? null,
      term: meta?.term ?? null,
      entries: this.#entries,
    }
  }

  /** Closes the file also where nobody read to its end. */
  async close(): Promise<void> {
    if (this.#reading === undefined) await this.#walk.return(undefined as never)
  }
}
