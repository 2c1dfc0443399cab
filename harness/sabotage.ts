import type { Verbs } from './body.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Scenario, ScenarioBody } from './scenario.ts'

/**
 * A planted defect of a real run: the world is made worse behind the harness's back, and the
 * verdict has to notice. A run that has one says so in `run.json` and proves nothing else.
 */
export type Sabotage = {
  /** Id of the planted defect: `M01`. */
  readonly defect: string
  /** Changes the world around a cluster that is ready; what it returns is used instead. */
  readonly plant?: (cluster: Cluster) => Promise<Planted>
  /** Changes what the scenario's body can do. */
  readonly verbs?: (verbs: Verbs) => Verbs
}

export type Planted = { readonly cluster: Cluster; readonly undo: () => Promise<void> }

/** The same scenario, whose bodies have other verbs. */
export function sabotaged(scenario: Scenario, sabotage: Sabotage | undefined): Scenario {
  const change = sabotage?.verbs
  if (change === undefined) return scenario
  const changed =
    (body: ScenarioBody): ScenarioBody =>
    (verbs) =>
      body(change(verbs))
  const { body, variants } = scenario
  return {
    ...scenario,
    body: body === undefined ? undefined : changed(body),
    variants: Object.fromEntries(
      Object.entries(variants).map(([name, each]) => [name, changed(each)]),
    ),
  }
}
