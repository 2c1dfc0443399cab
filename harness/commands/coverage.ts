import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { loadCatalogue } from '../catalogue.ts'
import {
  type CoverageRow,
  coverageRows,
  isWorseThan,
  type LastRun,
  WORST_FIRST,
} from '../documents/coverage.ts'
import {
  NotReviewable,
  readReviews,
  reviewLine,
  reviewState,
  withReviews,
  writeReviews,
} from '../documents/reviews.ts'
import { HalfWrittenRun, NotARun, type Run, readRunFile } from '../evidence/run-file.ts'
import { OtherFormat } from '../journal/read.ts'
import { wallClockMs } from '../lib/clock.ts'
import { procedureSteps } from '../procedure-steps.ts'
import { UsageError } from './usage-error.ts'

const REPORTS = resolve(import.meta.dirname, '..', '..', 'reports')

type Flags = {
  readonly json: boolean
  readonly failOn?: 'never' | 'stale-review'
  readonly reports: string
  readonly reviewed?: readonly string[]
  readonly on?: string
}

/** `coverage`: every part of the two documents, what stands for it, and how it last went. */
export function coverageCommand(finish: (exitCode: number) => void): Command {
  return new Command('coverage')
    .description('each part of the documents → procedure → scenario → last verdict')
    .option('--json', 'one JSON document', false)
    .addOption(
      new Option(
        '--fail-on <state>',
        'exit with 1 when a way of a part was never judged, or a page of the runbook not reviewed in time or since it was changed',
      ).choices(['never', 'stale-review']),
    )
    .option('--reports <dir>', 'where the runs are', REPORTS)
    .option('--reviewed <procedure...>', 'record that their pages were read, as they are')
    .option('--on <day>', 'the day of that, UTC: 2026-01-31')
    .action(async ({ json, failOn, reports, reviewed, on }: Flags) => {
      if (reviewed !== undefined) return record(reviewed, on)
      const steps = await procedureSteps()
      const catalogue = await loadCatalogue()
      const ways = catalogue.map(
        ({ name, scenario }) => [name, Object.keys(scenario.variants)] as const,
      )
      const rows = coverageRows(lastRunsIn(reports), new Map(ways), steps)
      const pages = [...new Set(steps.map(({ procedure }) => procedure))]
      const reviews = readReviews()
      const state = reviewState(reviews, pages, wallClockMs())
      const lines = [...coverageLines(rows), reviewLine(reviews, pages, state)]
      for (const line of json ? [JSON.stringify(rows, null, 2)] : lines) print(line)
      const { stale, changed, never } = state
      const fails = {
        never: rows.some(({ state }) => state === 'never'),
        'stale-review': stale.length + changed.length + never.length > 0,
      }
      finish(failOn !== undefined && fails[failOn] ? 1 : 0)
    })
}

/** The day is said by whoever has read them: a review that a program dates is none. */
function record(procedures: readonly string[], on: string | undefined): void {
  if (on === undefined)
    throw new UsageError('--reviewed wants --on <day>, the day on which the pages were read')
  try {
    writeReviews(withReviews(readReviews(), procedures, on, wallClockMs()))
  } catch (error) {
    if (error instanceof NotReviewable) throw new UsageError(error.message)
    throw error
  }
  print(`${procedures.length} reviewed on ${on}: ${procedures.join(', ')}`)
}

type Found = LastRun & { readonly scenario: string; readonly started: string }

/**
 * The newest verdict of each way of each scenario with each product; where one run has several of
 * them, the worst.
 */
export function lastRunsIn(reports: string): readonly Omit<Found, 'started'>[] {
  const last = new Map<string, Found>()
  for (const { name: run, file } of runsIn(reports)) {
    for (const { name: scenario, variant, verdict, product } of file.scenarios) {
      // What is skipped or aborted says nothing of what the document promises.
      if (!WORST_FIRST.includes(verdict)) continue
      const key = [scenario, variant, product].join()
      const known = last.get(key)
      const isNewer = known === undefined || known.started < file.started
      const isWorse = known?.run === run && isWorseThan(verdict, known.verdict)
      const way = variant === undefined ? {} : { variant }
      const found = { scenario, ...way, verdict, product, run, started: file.started }
      if (isNewer || isWorse) last.set(key, found)
    }
  }
  return [...last.values()].map(({ started: _, ...found }) => found)
}

/** What was never finished, is of another format or made worse on purpose proves nothing. */
function runsIn(reports: string): readonly { readonly name: string; readonly file: Run }[] {
  if (!existsSync(reports)) return []
  return readdirSync(reports, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      try {
        const file = readRunFile(join(reports, name))
        return file.planted === undefined ? [{ name, file }] : []
      } catch (error) {
        const isNone = [NotARun, HalfWrittenRun, OtherFormat].some((kind) => error instanceof kind)
        if (isNone) return []
        throw error
      }
    })
}

function coverageLines(rows: readonly CoverageRow[]): readonly string[] {
  const width = Math.max(...rows.map(({ lines }) => lines.length))
  const counted = (state: CoverageRow['state']) => rows.filter((row) => row.state === state).length
  return [
    ...rows.map((row) => `${row.lines.padEnd(width)}  ${row.says}: ${toldOf(row)}`),
    '',
    `${rows.length} parts: ${counted('covered')} with all ways of their scenarios judged, ${counted('never')} with one that never was, ${counted('not-yet')} not yet covered, ${counted('no-step')} without a step`,
  ]
}

function toldOf(row: CoverageRow): string {
  const { state, why, untyped, procedures, steps, blocks, scenarios } = row
  if (state === 'not-yet') return `NOT YET COVERED, ${why}`
  if (state === 'no-step') return `no step, ${why}`
  const stepwise = steps.map(({ procedure, title }) => `${procedure} "${title}"`)
  const whole = procedures.filter((name) => !steps.some(({ procedure }) => procedure === name))
  const done = [...stepwise, ...whole, ...blocks.map((block) => `${block} as written`)]
  const runs = scenarios.map(({ name, last, never }) => {
    if (last === null) return `${name} never judged`
    const way = last.variant === undefined ? name : `${name}:${last.variant}`
    const rest = never.length === 0 ? '' : `, never judged: ${never.join(' ')}`
    return `${way} ${last.verdict} (${last.product}${rest})`
  })
  const told = [...(done.length === 0 ? [] : [done.join(', ')]), runs.join(', ')].join(' → ')
  return untyped === undefined ? told : `${told}; not typed as it stands: ${untyped}`
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
