import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { loadCatalogue, type Selected, selectAll, suite } from '../catalogue.ts'
import { summaryLines } from '../evidence/summary.ts'
import { type Duration, parseDuration } from '../lib/duration.ts'
import { hasTimeLimit } from '../objectives/objective.ts'
import type { RunOptions } from '../run.ts'
import type { Multiplier } from '../scenario.ts'
import { readSettings } from '../settings.ts'
import { lengthsOf } from '../variant.ts'
import { confirmOnTerminal } from './confirm.ts'
import { outcomeJson } from './outcome-json.ts'
import { palette } from './palette.ts'
import { Progress } from './progress.ts'
import { stopOnSignals } from './signals.ts'
import { UsageError } from './usage-error.ts'

const REPORTS = resolve(import.meta.dirname, '..', '..', 'reports')

type Flags = {
  readonly suite: string
  readonly product: RunOptions['product']
  readonly multiplier: Multiplier
  readonly var: Readonly<Record<string, Duration>>
  readonly seed?: string
  readonly repeat: number
  readonly tls: 'on' | 'off'
  readonly failFast: boolean
  readonly offline: boolean
  readonly out: string
  readonly dry: boolean
  readonly json: boolean
}

/** `run`: the main job. */
export function runCommand(finish: (exitCode: number) => void): Command {
  return new Command('run')
    .description('run scenarios on a real cluster and judge them (without names: the smoke suite)')
    .argument('[scenario...]', 'such as leader-crash, leader-handover:sigterm or HA2')
    .option('--suite <name>', 'smoke, nightly, drill, documents or soak', 'smoke')
    .addOption(
      new Option('--product <product>', 'which server')
        .choices(['auto', 'vault', 'openbao', 'both'])
        .default('auto'),
    )
    .addOption(
      new Option('--multiplier <n>', "Raft's performance_multiplier; 5 is the products' default")
        .choices(['1', '5'])
        .default(1)
        .argParser(multiplier),
    )
    .option(
      '--var <name=duration>',
      "another limit of an objective or length of a part than the scenario's, e.g. rto=500ms",
      limit,
      {},
    )
    .option('--seed <text>', 'repeats the choices of an earlier run')
    .option('--repeat <n>', 'so many times each', positive, 1)
    .addOption(new Option('--tls <state>', 'for debugging').choices(['on', 'off']).default('on'))
    .option('--fail-fast', 'stop after the first scenario that does not pass', false)
    .option('--offline', 'pull nothing', false)
    .option('--out <dir>', "where the run's directory is made", REPORTS)
    .option('--dry', 'say what would run and touch nothing', false)
    .option('--json', 'one JSON document on standard output', false)
    .action(async (names: readonly string[], flags: Flags) => finish(await run(names, flags)))
}

async function run(names: readonly string[], flags: Flags): Promise<number> {
  const settings = readSettings()
  const catalogue = await loadCatalogue()
  const selected = names.length === 0 ? suite(catalogue, flags.suite) : selectAll(catalogue, names)
  refuseUnknownLimits(selected, flags)
  if (flags.dry) {
    for (const line of dryLines(selected, flags)) print(line)
    return 0
  }
  const progress = new Progress(process.stderr)
  const stopping = stopOnSignals((line) => progress.say(line))
  const paint = palette(settings, process.stdout)
  try {
    // The clients of engine and AWS take longer to load than everything before this line.
    const { performRun } = await import('../run.ts')
    const result = await performRun({
      selected,
      label:
        names.length === 0
          ? flags.suite
          : names.length === 1
            ? (selected[0]?.name ?? '')
            : 'selection',
      product: flags.product,
      multiplier: flags.multiplier,
      limits: flags.var,
      seed: flags.seed,
      repeat: flags.repeat,
      tls: flags.tls === 'on',
      failFast: flags.failFast,
      offline: flags.offline || settings.offline,
      out: resolve(flags.out),
      argv: process.argv.slice(2),
      settings,
      signal: stopping.signal,
      say: (line) => progress.say(line),
      confirm: confirmOnTerminal,
      onJournal: (kind, data, t) => progress.show(kind, data, t),
      onVerdict: (verdict, directory) => {
        if (flags.json) return
        for (const line of summaryLines(verdict, directory, paint)) print(line)
      },
    })
    if (flags.json) print(JSON.stringify(outcomeJson(result.directory), null, 2))
    else print(`report ${result.directory}/report.html`)
    return result.exitCode
  } finally {
    stopping.forget()
  }
}

function refuseUnknownLimits(selected: readonly Selected[], { multiplier, var: limits }: Flags) {
  const known = new Set([
    ...selected
      .flatMap(({ scenario, variant }) => scenario.objectives(multiplier, variant))
      .filter(hasTimeLimit)
      .map(({ id }) => id),
    ...selected.flatMap(({ scenario }) => Object.keys(lengthsOf(scenario))),
  ])
  for (const id of Object.keys(limits)) {
    if (known.has(id)) continue
    const names = [...known].join(', ')
    throw new UsageError(
      `--var ${id}: no selected scenario has an objective with that limit, or a part of that length${names === '' ? '' : `; there is ${names}`}`,
    )
  }
}

function dryLines(selected: readonly Selected[], { multiplier, repeat }: Flags): readonly string[] {
  return selected.flatMap(({ name, variant, scenario }) => {
    const what = variant === undefined ? name : `${name}:${variant}`
    const promised = scenario
      .objectives(multiplier)
      .map(({ id, source }) => `${id} (${source ?? '-'})`)
    return [
      `${scenario.id.padEnd(4)} ${what}${repeat === 1 ? '' : ` × ${repeat}`}: ${scenario.title}`,
      `     ${scenario.hypothesis}`,
      `     objectives: ${promised.join(', ')}; deadline ${scenario.deadline.ms / 1000} s; leaves a ${scenario.leaves} cluster`,
    ]
  })
}

function limit(text: string, before: Readonly<Record<string, Duration>>) {
  const [id, value, ...more] = text.split('=')
  if (id === undefined || id === '' || value === undefined || more.length > 0) {
    throw new InvalidArgumentError('write it as name=duration, such as rto=500ms')
  }
  try {
    return { ...before, [id]: parseDuration(value) }
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

/** A parser of our own replaces the check of the choices. */
function multiplier(text: string): Multiplier {
  if (text !== '1' && text !== '5') throw new InvalidArgumentError('Allowed choices are 1, 5.')
  return text === '1' ? 1 : 5
}

function positive(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('it is not a number above 0')
  return n
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
