import { caughtBy, detectorOf } from './outcome.ts'
import { type SelftestResult, verdictOf } from './selftest.ts'

/** What `--json` prints and `selftest.json` holds. */
export const matrixJson = (result: SelftestResult) => ({
  verdict: verdictOf(result),
  seed: result.seed,
  levels: result.levels,
  tookMs: Math.round(result.tookMs),
  defects: result.outcomes.map((outcome) => {
    const { id, title, level, way, reason, named, rang, others, runs, caught } = outcome
    return {
      id,
      level,
      ...(way === undefined ? {} : { way }),
      title,
      detector: detectorOf(outcome),
      caughtBy: caughtBy(outcome),
      outcome: outcome.outcome,
      reason,
      detectors: named,
      rang,
      others,
      runs,
      caught,
    }
  }),
  controls: result.controls,
  detectors: result.detectors,
})
