import type { RunRecord } from '../journal/read.ts'
import { Seed } from '../lib/seed.ts'
import { judgeScenario } from '../objectives/judge.ts'
import { recoveryOf } from '../objectives/recovery.ts'
import type { Defect, Plant, RecordPlant, TruthPlant } from './defect.ts'
import type { Kept } from './detector-proofs.ts'
import { contradictionsOfChecker } from './known-histories.ts'
import { contradictionsOf } from './known-outages.ts'
import { type Control, type Outcome, outcomeOf, type Trial, trialOf } from './outcome.ts'
import { spoiledLoad } from './spoiled-load.ts'
import { spoiledHistory, spoiledRun } from './spoiled-run.ts'

/** Level L0: records that are made, spoiled and judged, with nothing running. */

/** Our own small defects are there to prove a detector, for which a few times are enough. */
const OWN_RUNS_MAX = 8

/** Records that stay in memory, to be judged again without one detector. */
const KEPT_MAX = 8

export type MadePlant = Plant & (RecordPlant | TruthPlant)
export type MadeProof = { readonly outcome: Outcome; readonly kept: readonly Kept[] }

export async function proveMade(
  defect: Defect,
  plant: MadePlant,
  { seed, runs }: { readonly seed: Seed; readonly runs: number },
): Promise<MadeProof> {
  const { id, title } = defect
  const { level, way, detectors: named } = plant
  const about = { id, title, level, ...(way === undefined ? {} : { way }), named }
  const times = id.startsWith('X') ? Math.min(runs, OWN_RUNS_MAX) : runs
  const trials: Trial[] = []
  const kept: Kept[] = []
  for (let run = 0; run < times; run++) {
    const own = new Seed(`${seed.text}/${id}/${way ?? ''}/${run}`)
    if (plant.kind === 'truth') {
      trials.push(contradicted(plant.contradictedBy(own)))
      continue
    }
    const { trial, record } = await judgedPlant(plant, own)
    trials.push(trial)
    if (kept.length < KEPT_MAX) kept.push({ id, record, trial, of: plant })
  }
  return { outcome: outcomeOf(about, trials), kept }
}

async function judgedPlant(
  { plant, inCheckers, isInnocent }: RecordPlant,
  seed: Seed,
): Promise<{ readonly trial: Trial; readonly record: RunRecord }> {
  const record = await plant(seed)
  const judging = inCheckers === undefined ? {} : { planted: inCheckers }
  return { record, trial: trialOf(judgeScenario(record, judging), isInnocent) }
}

/** A wrong judge that no known truth contradicts has come through. */
const contradicted = (names: readonly string[]): Trial => ({
  passed: names.length === 0,
  rang: names,
  why: names.length === 0 ? 'no known truth contradicts it' : `wrong about ${names.join(', ')}`,
})

/** What is wrong with the same without a defect; nothing, or whatever is caught means nothing. */
const CONTROLS: Readonly<Record<string, (seed: Seed) => Promise<string | undefined>>> = {
  'good records pass': passing(spoiledRun(() => {})),
  'good histories pass': passing(spoiledHistory(undefined)),
  'good restores pass': passing(spoiledHistory(undefined, { restore: true })),
  'good loads pass': passing(spoiledLoad(() => {})),
  'known outages are measured': async (seed) => wrongAbout(contradictionsOf(recoveryOf, seed)),
  'known histories are judged': async (seed) =>
    wrongAbout(contradictionsOfChecker(undefined, seed)),
}

export const CONTROL_NAMES = Object.keys(CONTROLS)

export async function controlMade(
  what: string,
  { seed, runs }: { readonly seed: Seed; readonly runs: number },
): Promise<Control> {
  const bad: string[] = []
  for (let run = 0; run < runs; run++) {
    const wrong = await CONTROLS[what]?.(new Seed(`${seed.text}/${what}/${run}`))
    if (wrong !== undefined) bad.push(wrong)
  }
  return {
    level: 'L0',
    what,
    outcome: bad.length === 0 && runs > 0 ? 'passed' : 'failed',
    runs,
    passed: runs - bad.length,
    reason: bad[0] ?? '',
  }
}

function passing(plant: RecordPlant['plant']): (seed: Seed) => Promise<string | undefined> {
  return async (seed) => {
    const { verdict, why } = judgeScenario(await plant(seed))
    return verdict === 'passed' ? undefined : `${verdict}: ${why}`
  }
}

const wrongAbout = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `wrong about ${names.join(', ')}`
