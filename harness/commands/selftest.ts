import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { wallClock } from '../lib/clock.ts'
import { Seed } from '../lib/seed.ts'
import { EXIT } from '../objectives/exit-code.ts'
import { makeRunDirectory } from '../run-directory.ts'
import type { Level } from '../selftest/defect.ts'
import { matrixHtml } from '../selftest/matrix-html.ts'
import { matrixJson } from '../selftest/matrix-json.ts'
import { matrixLines } from '../selftest/matrix-text.ts'
import { DEFECTS } from '../selftest/planted.ts'
import { type ProveReal, selftest, verdictOf } from '../selftest/selftest.ts'
import { readSettings } from '../settings.ts'
import { palette } from './palette.ts'
import { stopOnSignals } from './signals.ts'
import { UsageError } from './usage-error.ts'

const LEVELS: readonly Level[] = ['L0', 'L1', 'L2']
const REPORTS = join(import.meta.dirname, '..', '..', 'reports')
/** 59 of 59 are a detection power of 95 % (docs/selftest.md). */
const RUNS = 59

type Flags = {
  readonly level: readonly Level[]
  readonly defect: readonly string[]
  readonly runs: number
  readonly seed: string | undefined
  readonly out: string
  readonly product: 'openbao' | 'vault'
  readonly json: boolean
}

/** `selftest`: plants defects and fails when one of them is not caught. */
export function selftestCommand(finish: (exitCode: number) => void): Command {
  return new Command('selftest')
    .description('plant defects in records, processes and clusters: each must be caught')
    .option('--level <levels>', 'L0, L1 and L2, separated by commas', levels, ['L0', 'L1'])
    .option('--defect <ids>', 'only these, separated by commas', listed, [])
    .option('--runs <n>', 'how often each defect is planted at L0', count, RUNS)
    .option('--seed <text>', 'repeats the choices of an earlier run')
    .addOption(
      new Option('--product <product>', 'the servers of L2')
        .choices(['openbao', 'vault'])
        .default('openbao'),
    )
    .option('--out <dir>', "where the run's directory is made", REPORTS)
    .option('--json', 'one JSON document on standard output', false)
    .action(async (flags: Flags) => finish(await run(flags)))
}

async function run(flags: Flags): Promise<number> {
  const { level, defect, runs, json, out } = flags
  for (const id of defect) {
    if (!DEFECTS.some((known) => known.id === id)) throw new UsageError(`there is no defect ${id}`)
  }
  const settings = readSettings()
  const seed = new Seed(flags.seed)
  const directory = makeRunDirectory(
    { out: resolve(out), label: 'selftest' },
    seed.text,
    wallClock(),
  )
  const stopping = stopOnSignals(say)
  try {
    const result = await selftest({
      levels: level,
      only: defect,
      seed,
      runs,
      directory,
      signal: stopping.signal,
      say,
      ...(level.includes('L2') ? { proveReal: await inRealWorld(flags, directory) } : {}),
    })
    const id = directory.split('/').at(-1) ?? ''
    const data = `${JSON.stringify(matrixJson(result), null, 2)}\n`
    writeFileSync(join(directory, 'selftest.json'), data)
    writeFileSync(join(directory, 'selftest.html'), matrixHtml(result, id))
    if (json) process.stdout.write(data)
    else {
      for (const line of matrixLines(result, palette(settings, process.stdout))) print(line)
      print(`report ${directory}/selftest.html`)
    }
    return EXIT[verdictOf(result)]
  } finally {
    stopping.forget()
  }
}

/** Loaded late: the levels below need no engine. */
async function inRealWorld({ product }: Flags, out: string): Promise<ProveReal> {
  const { proveReal } = await import('../selftest/real-proofs.ts')
  const settings = readSettings()
  return (planted, { seed, signal }) =>
    proveReal(planted, {
      argv: process.argv.slice(2),
      settings,
      signal,
      say,
      out,
      seed: seed.text,
      product,
    })
}

function levels(text: string): readonly Level[] {
  const wanted = listed(text).map((level) => level.toUpperCase())
  const unknown = wanted.find((level) => !LEVELS.includes(level as Level))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${unknown} is none of ${LEVELS.join(', ')}`)
  return wanted as readonly Level[]
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim().toUpperCase())
    .filter((each) => each !== '')

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('it is not a number above 0')
  return n
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
