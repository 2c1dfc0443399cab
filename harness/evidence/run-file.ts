import { type Dirent, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FORMAT_VERSION } from '../journal/entry.ts'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { OtherFormat } from '../journal/read.ts'
import { FileUnreadable, readRegularText } from '../lib/regular-file.ts'
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
  /** Id of a planted defect: this run was made worse on purpose, by the self-test. */
  readonly planted?: string
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
  if (!statSync(directory).isDirectory()) throw new NotARun(directory, 'it is a file')
  const text = textOf(directory)
  if (text === undefined) {
    const records = recordsIn(directory)
    if (records.length > 0) throw new HalfWrittenRun(directory, records)
    throw new NotARun(directory, `it has no ${RUN_FILE}`)
  }
  const run = parse(directory, text)
  if (run.format !== FORMAT_VERSION) throw new OtherFormat(directory, run.format)
  if (!Array.isArray(run.scenarios) || typeof run.heads !== 'object' || run.heads === null) {
    throw new NotARun(directory, `its ${RUN_FILE} names no scenarios or no heads`)
  }
  const nameless = run.scenarios.findIndex((scenario) => typeof scenario?.directory !== 'string')
  if (nameless !== -1) {
    throw new NotARun(directory, `its ${RUN_FILE} names no directory for scenario ${nameless + 1}`)
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
    if (typeof run === 'object' && run !== null && run.format !== undefined) return run
  } catch (error) {
    throw new NotARun(directory, `its ${RUN_FILE} is not JSON: ${(error as Error).message}`)
  }
  throw new NotARun(directory, `its ${RUN_FILE} names no format`)
}

/** @returns undefined when there is none. */
function textOf(directory: string): string | undefined {
  try {
    return readRegularText(join(directory, RUN_FILE))
  } catch (error) {
    if (error instanceof FileUnreadable) throw new NotARun(directory, `its ${error.message}`)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Names of the directories with a journal, `.` for the directory itself. */
export function recordsIn(directory: string): readonly string[] {
  if (existsSync(join(directory, JOURNAL_FILE))) return ['.']
  return entriesOf(directory)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(join(directory, name, JOURNAL_FILE)))
    .sort()
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new NotARun(directory, `it cannot be read: ${code}`)
  }
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
