import type { LoadOperation, ObjectiveSpec } from '../journal/entry.ts'
import { thresholdsOf } from '../journal/load.ts'

export type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/** metric → expressions, as k6 names and writes them. */
export type Thresholds = Readonly<Record<string, readonly string[]>>

/**
 * What k6 has to evaluate for these objectives, derived without its scripts: they derive it again
 * (load/slo.ts), and what k6 then says it evaluated must be the same, or a threshold was lost,
 * misnamed or made up.
 */
export function expectedThresholds(
  objectives: readonly SloSpec[],
  operations: readonly LoadOperation[],
): Thresholds {
  const thresholds: Record<string, string[]> = {
    dropped_iterations: ['count<1'],
    http_reqs: ['count>0'],
  }
  for (const op of operations) thresholds[`http_reqs{op:${op}}`] = ['count>0']
  for (const { metric, expression } of objectives.flatMap(thresholdsOf)) {
    // Two objectives may promise the same in different phases, of which k6 knows nothing.
    thresholds[metric] = [...new Set([...(thresholds[metric] ?? []), expression])]
  }
  return thresholds
}
