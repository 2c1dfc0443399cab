import { basename } from 'node:path'
import type { Line, Seal } from './chain.ts'
import type { Entry } from './entry.ts'
import { JOURNAL_FILE } from './journal.ts'
import { isLoadFile } from './load.ts'
import { OPERATIONS_FILE } from './operation.ts'

/**
 * How much of a record is kept in memory. A real run stays far below; what goes beyond is
 * verified as part of its chain and not judged, which is damage and makes the run inconclusive.
 */

/** A file that is not as it was written. What came before the damage was read. */
export type Damage = { readonly file: string; readonly line: number; readonly message: string }

export type RecordLimits = {
  /** Entries of the journal that a verdict or a report may need, and their lines in bytes. */
  readonly entries: number
  readonly entryBytes: number
  /** Lines of each other file. */
  readonly lines: Readonly<Record<string, number>>
}

/**
 * A run of one fault has some hundred entries; so many make about 70 MiB of memory. Per hour the
 * probe writes 0.65 million lines at its full rates (1 GiB in six), the ledger 0.36, the workload
 * 0.72; the read-back reads each write through the balancer and on each node.
 */
export const RECORD_LIMITS: RecordLimits = {
  entries: 50_000,
  entryBytes: 64 * 2 ** 20,
  lines: {
    'writes.jsonl': 4_000_000,
    'probes.jsonl': 12_000_000,
    'reads.jsonl': 12_000_000,
    [OPERATIONS_FILE]: 2_400_000,
  },
}
const SEALS_MAX = 1_000
export const LANES_MAX = 100
/** Seconds of which the probe told what it used: more than its lines allow in a real run. */
export const USAGE_MAX = 200_000

const notJudged = (file: string, what: string, line: number): Damage => ({
  file,
  line,
  message: `${file}: line ${line} is past ${what}: from here on it was not judged`,
})

/** Lets the first so many lines of a file through. */
export class LineLimit {
  readonly #file: string
  readonly #most: number
  readonly #take: (line: Line) => void
  #count = 0

  constructor(file: string, most: number, take: (line: Line) => void) {
    this.#file = file
    this.#most = most
    this.#take = take
  }

  take(line: Line): void {
    if (++this.#count <= this.#most) this.#take(line)
  }

  finish(): readonly Damage[] {
    if (this.#count <= this.#most) return []
    return [notJudged(this.#file, `${this.#most} lines`, this.#most + 1)]
  }
}

/** For people. A journal may hold millions and no verdict needs one. */
const WAITS: readonly string[] = ['wait.started', 'wait.happened', 'wait.expired']

/** What is kept of the journal. */
export class EntryKeeper {
  readonly kept: Entry[] = []
  /** Kept whatever else is, or a long journal would disown its files. */
  readonly seals: Seal[] = []
  readonly #limits: RecordLimits
  #bytes = 0
  #full: Damage | undefined
  /** Kept when it is the last: the record ends when its last entry was made. */
  #last: Entry | undefined

  constructor(limits: RecordLimits) {
    this.#limits = limits
  }

  /** @param length of its line, in bytes */
  take(entry: Entry, length: number): void {
    if (entry.kind === 'note') return
    if (entry.kind === 'file.closed') this.#seal(entry.data)
    if (this.#full !== undefined) {
      // That the scenario came to its end is known all the same.
      if (entry.kind === 'ended') this.#last = entry
      return
    }
    if (WAITS.includes(entry.kind)) {
      this.#last = entry
      return
    }
    this.#last = undefined
    this.#bytes += length
    const { entries, entryBytes } = this.#limits
    if (this.kept.length === entries || this.#bytes > entryBytes) {
      const most = `${entries} entries or ${entryBytes / 2 ** 20} MiB that a verdict may need`
      this.#full = notJudged(JOURNAL_FILE, most, entry.seq + 1)
    } else this.kept.push(entry)
  }

  finish(): readonly Damage[] {
    if (this.#last !== undefined) this.kept.push(this.#last)
    return this.#full === undefined ? [] : [this.#full]
  }

  #seal(seal: Seal): void {
    if (seal.file !== basename(seal.file) && !isLoadFile(seal.file))
      throw new Error(`it closes "${seal.file}"`)
    if (this.seals.length < SEALS_MAX) this.seals.push(seal)
  }
}
