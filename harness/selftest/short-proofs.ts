import type { Seed } from '../lib/seed.ts'
import { judgeScenario } from '../objectives/judge.ts'
import type { Defect, PlantOf } from './defect.ts'
import type { Kept } from './detector-proofs.ts'
import { type Control, type Outcome, outcomeOf, type Trial, trialOf } from './outcome.ts'
import { type ShortRunDone, shortRuns } from './short-runs.ts'

/** Level L1: short runs of real processes against the imitation of a cluster. */

export type PlantedDefect<K extends 'short-run' | 'real-run'> = {
  readonly defect: Defect
  readonly plant: PlantOf<K>
}

/** What a busy machine rings by itself must not count as having noticed a defect. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['host', 'probe-process'])

export async function proveShort(
  planted: readonly PlantedDefect<'short-run'>[],
  {
    directory,
    seed,
    signal,
    say,
  }: {
    readonly directory: string
    readonly seed: Seed
    readonly signal: AbortSignal
    readonly say: (line: string) => void
  },
): Promise<{
  readonly outcomes: readonly Outcome[]
  readonly controls: readonly Control[]
  readonly kept: readonly Kept[]
}> {
  const wanted = [
    ...planted.map(({ plant: { tampering } }) => ({ name: tampering, tampering })),
    { name: CONTROL }, // at last, when the others leave it the machine
  ]
  const done = await shortRuns(wanted, {
    directory,
    seed: seed.text,
    signal,
    onEnded: (name, broken) => say(broken === undefined ? `${name} ended` : `${name}: ${broken}`),
  })
  const kept: Kept[] = []
  const outcomes = planted.map(({ defect: { id, title }, plant }) => {
    const { level, way, tampering, detectors: named } = plant
    const run = done.find(({ name }) => name === tampering)
    const { trial, record } = judgedRun(run, named)
    if (record !== undefined) kept.push({ id, record, trial, off: OF_THE_MACHINE })
    const about = { id, title, level, ...(way === undefined ? {} : { way }), named }
    return outcomeOf(about, [trial])
  })
  return { outcomes, controls: [controlOf(done.find(({ name }) => name === CONTROL))], kept }
}

const CONTROL = 'control'

function judgedRun(
  run: ShortRunDone | undefined,
  named: readonly string[],
): {
  readonly trial: Trial
  readonly record?: ShortRunDone['record']
} {
  const record = run?.record
  // A run that came to nothing has proved nothing, so its defect counts as not noticed.
  const why = `the run left no record: ${run?.broken ?? 'nobody knows why'}`
  if (record === undefined) return { trial: { passed: true, rang: [], why } }
  const trial = trialOf(judgeScenario(record, { without: OF_THE_MACHINE }))
  if (run?.broken === undefined || trial.rang.some((id) => named.includes(id))) {
    return { trial, record }
  }
  return { trial: { passed: true, rang: [], why: `the run broke off: ${run.broken}` }, record }
}

/** What else a busy machine explains, where nothing is wrong: then nobody knows. */
const DOUBTS_OF_THE_MACHINE: ReadonlySet<string> = new Set([
  ...OF_THE_MACHINE,
  'calibration',
  'operations',
  'probe-coverage',
  'fresh-lane',
])

function controlOf(run: ShortRunDone | undefined): Control {
  const about = { level: 'L1', what: 'a short run passes', runs: 1 } as const
  const none = { ...about, outcome: 'failed', passed: 0 } as const
  if (run?.record === undefined) return { ...none, reason: run?.broken ?? 'it left no record' }
  const { verdict, why } = judgeScenario(run.record)
  if (verdict === 'passed') return { ...about, outcome: 'passed', passed: 1, reason: '' }
  const reason = [`${verdict}: ${why}`, ...(run.broken === undefined ? [] : [run.broken])].join(
    '; ',
  )
  const otherwise = judgeScenario(run.record, { without: DOUBTS_OF_THE_MACHINE })
  return otherwise.verdict === 'passed'
    ? { ...none, outcome: 'inconclusive', reason }
    : { ...none, reason }
}
