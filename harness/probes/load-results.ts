import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Seal } from '../journal/chain.ts'
import type { JournalData } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import { maskSecrets, type Secret } from '../lib/secret.ts'
import type { Container } from '../stack/container.ts'
import { FileNotThere, type Program } from '../stack/program.ts'
import { keepSamples } from './load-collect.ts'
import { LOAD_PLACES } from './load-files.ts'

/** Of the log; a service that is away gives a warning per request. */
const LOG_LINES = 5000

/** Where the raw samples of a load lie, relative to the scenario's directory. */
export const samplesOf = (load: string): string => `k6/${prefixOf(load)}samples.json.gz`
const summaryOf = (load: string): string => `k6/${prefixOf(load)}summary.json`
/** The judged load is the one that people look for. */
const prefixOf = (load: string): string => (load === 'open' ? '' : `${load}.`)

export type LoadSummary = NonNullable<JournalData['load.ended']['summary']>

export type LoadResultsOptions = {
  readonly program: Program
  readonly container: Container
  readonly journal: Journal
  readonly load: string
  /** Masked wherever its words are kept. */
  readonly secrets: readonly Secret[]
}

/** What a generator has left in its container once it has ended. */
export class LoadResults {
  readonly #options: LoadResultsOptions

  constructor(options: LoadResultsOptions) {
    this.#options = options
  }

  /**
   * Brings all of it to disk; what is missing or damaged is said, not thrown.
   * @param close takes the seal of the samples.
   */
  async keep(close: (seal: Seal) => void): Promise<{
    readonly samples: { readonly why?: string }
    readonly summary: LoadSummary | undefined
  }> {
    const { journal, load } = this.#options
    mkdirSync(join(journal.directory, dirname(samplesOf(load))), { recursive: true })
    await this.#keepLog()
    return { samples: await this.#keepSamples(close), summary: await this.#keepSummary() }
  }

  async #keepSamples(close: (seal: Seal) => void): Promise<{ readonly why?: string }> {
    const { program, journal, load } = this.#options
    const file = samplesOf(load)
    try {
      const { head, lines, damage } = await keepSamples(
        await program.file(LOAD_PLACES.samples),
        join(journal.directory, file),
      )
      close({ file, lines, head })
      return damage === undefined ? {} : { why: `${file}: ${damage}` }
    } catch (error) {
      if (error instanceof FileNotThere) return { why: 'k6 left no samples' }
      throw error
    }
  }

  async #keepSummary(): Promise<LoadSummary | undefined> {
    const { program, journal, load } = this.#options
    try {
      const written = await text(await program.file(LOAD_PLACES.summary))
      writeFileSync(join(journal.directory, summaryOf(load)), written)
      const { requests, dropped, thresholds, latencyMs } = JSON.parse(written) as LoadSummary
      return { requests, dropped, thresholds, latencyMs }
    } catch (error) {
      if (error instanceof FileNotThere) return undefined
      throw error
    }
  }

  async #keepLog(): Promise<void> {
    const { container, journal, load, secrets } = this.#options
    mkdirSync(join(journal.directory, 'logs'), { recursive: true })
    const log = await container.logs(LOG_LINES)
    writeFileSync(join(journal.directory, 'logs', `load-${load}.log`), maskSecrets(log, secrets))
  }
}
