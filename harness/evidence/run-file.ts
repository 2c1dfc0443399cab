import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FORMAT_VERSION } from '../journal/entry.ts'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { OtherFormat } from '../journal/read.ts'
import type { VerdictWord } from '../objectives/verdict.ts'

export const RUN_FILE = 'run.json'

export type RunImage = {
  readonly name: string
  readonly id: string
  /** `local`, `public` or `assembled`. */
  readonly origin: string
  readonly version: string
}

export type RunScenario = {
  readonly name: string
  readonly id: string
  readonly variant?: string
  readonly product: string
  readonly multiplier: number
  readonly repetition?: number
  /** Name of its folder in the run's. */
  readonly directory: string
  readonly verdict: VerdictWord
}

/** The content of `run.json`: what was run, where, with what, and the heads of all chains. */
export type Run = {
  readonly format: number
  readonly id: string
  readonly argv: readonly string[]
  readonly seed: string
  readonly started: string
  readonly finished: string
  readonly product: string
  readonly version: string
  readonly images: readonly RunImage[]
  readonly engine: Readonly<Record<string, string | number | boolean>>
  readonly host: {
    readonly cpus: number
    readonly memoryMiB: number
    readonly kernel: string
    readonly arch: string
  }
  readonly git: { readonly commit: string | null; readonly dirty: boolean | null }
  readonly scenarios: readonly RunScenario[]
  /** `<directory>/<file>` → hash of the last line. */
  readonly heads: Readonly<Record<string, string>>
  readonly exitCode: number
}

export function writeRunFile(directory: string, run: Run): void {
  writeFileSync(join(directory, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`)
}

/**
 * @throws {NotARun} when the directory is none.
 * @throws {HalfWrittenRun} when the run was killed before it wrote its `run.json`.
 * @throws {OtherFormat} when another version wrote it.
 */
export function readRunFile(directory: string): Run {
  if (!existsSync(directory)) throw new NotARun(directory, 'there is no such directory')
  const path = join(directory, RUN_FILE)
  if (!existsSync(path)) {
    const records = scenarioDirectories(directory)
    if (records.length > 0) throw new HalfWrittenRun(directory, records)
    throw new NotARun(directory, `it has no ${RUN_FILE}`)
  }
  const run = parse(directory, readFileSync(path, 'utf8'))
  if (run.format !== FORMAT_VERSION) throw new OtherFormat(directory, run.format)
  if (!Array.isArray(run.scenarios) || typeof run.heads !== 'object' || run.heads === null) {
    throw new NotARun(directory, `its ${RUN_FILE} names no scenarios or no heads`)
  }
  // The names come from a file that somebody may have sent us.
  const outside = run.scenarios.find(
    ({ directory: name }) => name !== basename(name) || /^\.*$/.test(name),
  )
  if (outside !== undefined) {
    throw new NotARun(directory, `its ${RUN_FILE} leads out of it: ${outside.directory}`)
  }
  return run
}

function parse(directory: string, text: string): Run {
  try {
    const run = JSON.parse(text) as Run | null
    if (typeof run === 'object' && run !== null) return run
  } catch (error) {
    throw new NotARun(directory, `its ${RUN_FILE} is not JSON: ${(error as Error).message}`)
  }
  throw new NotARun(directory, `its ${RUN_FILE} is no object`)
}

function scenarioDirectories(directory: string): readonly string[] {
  if (existsSync(join(directory, JOURNAL_FILE))) return ['.']
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(join(directory, name, JOURNAL_FILE)))
    .sort()
}

export class NotARun extends Error {
  override readonly name = 'NotARun'
  constructor(directory: string, why: string) {
    super(`${directory} is no run: ${why}`)
  }
}

export class HalfWrittenRun extends Error {
  override readonly name = 'HalfWrittenRun'
  readonly records: readonly string[]
  constructor(directory: string, records: readonly string[]) {
    super(
      records[0] === '.'
        ? `${directory} is one scenario of a run; name the directory above it`
        : `${directory} was never finished: it has ${records.length} records (${records.join(', ')}) and no ${RUN_FILE}`,
    )
    this.records = records
  }
}
