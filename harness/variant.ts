import type { ClusterNeeds } from './cluster/needs.ts'
import type { Expectation } from './journal/entry.ts'
import type { Lengths, Multiplier, Scenario, SuiteName } from './scenario.ts'

/** What of a scenario may differ from one of its variants to the other. */

/** What it, or one variant of it, wants of its cluster. */
export const needsOf = ({ cluster = {} }: Scenario, variant?: string): ClusterNeeds =>
  typeof cluster === 'function' ? cluster(variant) : cluster

/** The facts that must be seen in it, or in one variant of it. */
export const observedBy = ({ mustObserve = [] }: Scenario, variant?: string): readonly string[] =>
  typeof mustObserve === 'function' ? mustObserve(variant) : mustObserve

/** The misses that it, or one variant of it, is there to show at this multiplier. */
export const expectedBy = (
  { expects = [] }: Scenario,
  variant?: string,
  multiplier: Multiplier = 1,
): readonly Expectation[] =>
  typeof expects === 'function' ? expects(variant, multiplier) : expects

/** The suites that it, or one variant of it, belongs to. */
export const suitesOf = ({ suites }: Scenario, variant?: string): readonly SuiteName[] =>
  typeof suites === 'function' ? suites(variant) : suites

/** The suites that any variant of it belongs to. */
export const suitesOfAll = (scenario: Scenario): readonly SuiteName[] => {
  const variants = Object.keys(scenario.variants)
  const suites = variants.flatMap((variant) => suitesOf(scenario, variant))
  return variants.length === 0 ? suitesOf(scenario) : [...new Set(suites)]
}

/** Those of its lengths that were asked for instead of its own. */
export function lengthsOf({ lengths }: Scenario, asked: Lengths = {}, suite?: SuiteName): Lengths {
  const own = Object.entries(lengths?.(suite) ?? {})
  return Object.fromEntries(own.map(([name, length]) => [name, asked[name] ?? length]))
}

/** Whether lanes and workload run beside it. */
export const loadOf = ({ load }: Scenario, variant?: string): 'steady' | 'none' =>
  typeof load === 'function' ? load(variant) : load
