import { FORMAT_VERSION, type ObjectiveSpec } from './journal/entry.ts'
import type { Journal } from './journal/journal.ts'
import type { Duration } from './lib/duration.ts'
import { consistency } from './objectives/consistency.ts'
import { hasTimeLimit } from './objectives/objective.ts'
import type { Experiment, Multiplier, Scenario } from './scenario.ts'
import { expectedBy, loadOf, needsOf, observedBy } from './variant.ts'
import { products } from './vault/product.ts'

/** Entry 0: what was promised, with which limits and lengths, before anything happens. */
export function freeze(experiment: Experiment, journal: Journal): void {
  const { scenario: planned, product, multiplier, limits, lengths = {}, seed } = experiment
  journal.record('frozen', {
    format: FORMAT_VERSION,
    scenario: experiment.name,
    id: planned.id,
    ...(experiment.variant === undefined ? {} : { variant: experiment.variant }),
    title: planned.title,
    hypothesis: planned.hypothesis,
    source: planned.source,
    product,
    version: experiment.version,
    multiplier,
    seed: seed.text,
    argv: experiment.argv,
    objectives: promised(planned, multiplier, experiment.variant).map((objective) =>
      limited(objective, limits),
    ),
    claims: planned.claims?.(multiplier, experiment.variant) ?? [],
    expects: expectedBy(planned, experiment.variant, multiplier),
    mustObserve: observedBy(planned, experiment.variant),
    probed: loadOf(planned, experiment.variant) === 'steady',
    standbyReads: products[product].standbyReads,
    nodes: Array.from(
      { length: needsOf(planned, experiment.variant).nodes ?? 3 },
      (_, i) => `vault-${i + 1}`,
    ),
    ...(Object.keys(lengths).length === 0
      ? {}
      : { lengthsMs: Object.fromEntries(Object.entries(lengths).map(([of, { ms }]) => [of, ms])) }),
    repro: experiment.repro,
  })
}

/** Whoever runs under load promises that no client is told anything that contradicts another. */
function promised(
  planned: Scenario,
  multiplier: Multiplier,
  variant?: string,
): readonly ObjectiveSpec[] {
  const own = planned.objectives(multiplier, variant)
  const isNamed = own.some(({ kind }) => kind === 'consistency')
  return loadOf(planned, variant) === 'none' || isNamed
    ? own
    : [...own, consistency({ contract: 'strict' })]
}

function limited(
  objective: ObjectiveSpec,
  limits: Readonly<Record<string, Duration>>,
): ObjectiveSpec {
  const limit = limits[objective.id]
  if (limit === undefined || !hasTimeLimit(objective)) return objective
  return objective.kind === 'slo'
    ? { ...objective, limit: limit.ms }
    : { ...objective, limitMs: limit.ms }
}
