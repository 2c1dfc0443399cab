import type { Cluster } from '../cluster/cluster.ts'
import type { Ns, RunClock } from '../lib/clock.ts'
import type { Seed } from '../lib/seed.ts'
import type { Look } from '../lib/until.ts'
import type { Docker } from '../stack/docker.ts'

/**
 * A fault is a value with six parts. The plan is on disk before `inject` is called, and `heal`
 * and `residue` work from the plan alone, so that another process can undo what a dead one did.
 */
export type Fault<Plan extends FaultPlan = FaultPlan> = {
  readonly name: string
  /** A final fault destroys something; only a procedure can undo it, `heal` changes nothing. */
  readonly final: boolean
  /** Chooses the target; draws only from the seed. */
  readonly plan: (cluster: Cluster, seed: Seed) => Promise<Plan>
  readonly inject: (cluster: Cluster, plan: Plan, context: Injection) => Promise<Effect>
  /** Looks at the world with eyes that are not the injector's. */
  readonly witness: (cluster: Cluster, plan: Plan) => Promise<Look<string>>
  /** Idempotent. */
  readonly heal: (docker: Docker, plan: Plan) => Promise<void>
  /** What is left of the fault after healing, in words; empty when nothing is. */
  readonly residue: (docker: Docker, plan: Plan) => Promise<readonly string[]>
}

export type FaultPlan = { readonly target: string }

export type Injection = {
  readonly clock: RunClock
  readonly seed: Seed
  readonly signal: AbortSignal
}

/** The instants between which the fault took effect: `issued` by us, `proven` by the world. */
export type Effect = { readonly issued: Ns; readonly proven: Ns }
