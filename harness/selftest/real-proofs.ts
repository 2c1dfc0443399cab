import { type Control, type Outcome, outcomeOf, trialOfRealRun } from './outcome.ts'
import { liveThrough, type RealWorldOptions } from './real-world.ts'
import type { PlantedDefect } from './short-proofs.ts'

/** Level L2: scenarios on real clusters in a sabotaged world, one after the other. */
export async function proveReal(
  planted: readonly PlantedDefect<'real-run'>[],
  options: RealWorldOptions,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly controls: readonly Control[] }> {
  const { say, signal } = options
  const controls: Control[] = []
  const lives = new Map(planted.map(({ plant }) => [plant.real.scenario, plant.real]))
  for (const { scenario, lengths = {} } of lives.values()) {
    signal.throwIfAborted()
    say(`control: ${scenario}`)
    const { verdict } = await liveThrough({ scenario, lengths }, options)
    const passed = verdict.verdict === 'passed' ? 1 : 0
    const outcome =
      passed === 1 ? 'passed' : verdict.verdict === 'inconclusive' ? 'inconclusive' : 'failed'
    const reason = passed === 1 ? '' : `${verdict.verdict}: ${verdict.why}`
    controls.push({ level: 'L2', what: `${scenario} passes`, outcome, runs: 1, passed, reason })
  }
  const outcomes: Outcome[] = []
  for (const { defect, plant } of planted) {
    signal.throwIfAborted()
    const { id, title } = defect
    const { level, way, detectors: named, real } = plant
    say(`${id}: ${real.title}`)
    const { verdict } = await liveThrough({ ...real, defect: real }, options)
    const about = { id, title, level, ...(way === undefined ? {} : { way }), named }
    outcomes.push(outcomeOf(about, [trialOfRealRun(verdict, named)]))
  }
  return { outcomes, controls }
}
