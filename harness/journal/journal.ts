import { join } from 'node:path'
import { type Ns, type RunClock, wallClock, wallClockMs } from '../lib/clock.ts'
import { ChainWriter, type Seal } from './chain.ts'
import type { JournalData, JournalKind } from './entry.ts'

export const JOURNAL_FILE = 'journal.jsonl'

/** The append-only record of one scenario's run. Every entry is on disk when `record` returns. */
export class Journal {
  readonly directory: string
  readonly clock: RunClock
  readonly #chain: ChainWriter
  readonly #watchers: ((kind: JournalKind, data: JournalData[JournalKind], t: Ns) => void)[] = []

  constructor(directory: string, clock: RunClock) {
    this.directory = directory
    this.clock = clock
    this.#chain = new ChainWriter(join(directory, JOURNAL_FILE), clock, wallClock)
  }

  record<K extends JournalKind>(kind: K, data: JournalData[K]): Ns {
    const t = this.#chain.append(kind, data)
    for (const watch of this.#watchers) watch(kind, data, t)
    return t
  }

  /** Live progress for people; a pure consumer, it cannot change the record. */
  watch(watcher: (kind: JournalKind, data: JournalData[JournalKind], t: Ns) => void): void {
    this.#watchers.push(watcher)
  }

  recordClock(): void {
    this.record('clock', { wallMs: wallClockMs(), t: this.clock.now() })
  }

  close(): Seal {
    return this.#chain.close()
  }
}
