import type { Cluster } from '../cluster/cluster.ts'
import { seconds } from '../lib/duration.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { type Ability, whyNot } from '../stack/abilities.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { runLabels } from '../stack/labels.ts'
import type { Effect, Fault, FaultKind, FaultPlan, Injection } from './fault.ts'

/** What every injection and every healing has to pass, whoever asks for it. */

/**
 * The plan of a fault that this engine can do and that is not in force yet.
 * @throws {FaultUnavailable} {CannotPlan} {AlreadyInForce} {NotOurs}; nothing was changed then.
 */
export async function planFault<Plan extends FaultPlan>(
  { kind, aim }: Fault<Plan>,
  cluster: Cluster,
  { seed }: Pick<Injection, 'seed'>,
): Promise<Plan> {
  await refuseUnable(kind, kind.needs.length === 0 ? undefined : await cluster.abilities())
  const plan = await kind.plan(cluster, aim, seed)
  await refuseForeign(cluster.docker, plan, cluster.run)
  const before = await look(kind, cluster, plan)
  if (before.happened) throw new AlreadyInForce(kind.name, plan.target, before.value)
  return plan
}

/** @throws {NotOurs} before anything is touched; whatever the kind's own injector throws. */
export async function injectFault<Plan extends FaultPlan>(
  kind: FaultKind<Plan>,
  cluster: Cluster,
  plan: Plan,
  context: Injection,
): Promise<Effect> {
  await refuseForeign(cluster.docker, plan, cluster.run)
  return kind.inject(cluster, plan, context)
}

/**
 * Undoes a fault from its plan; gives what is left of it, in words. A final fault is left as it
 * is, which is no residue.
 */
export async function healFault<Plan extends FaultPlan>(
  kind: FaultKind<Plan>,
  docker: Docker,
  plan: Plan,
): Promise<readonly string[]> {
  await refuseForeign(docker, plan)
  await kind.heal(docker, plan)
  return kind.final ? [] : kind.residue(docker, plan)
}

/** What healing of a final fault has to say. */
export const finality = (kind: FaultKind, plan: FaultPlan): string =>
  `${kind.name} of ${plan.target} is final: only a procedure undoes it, or \`down\``

async function look<Plan extends FaultPlan>(
  kind: FaultKind<Plan>,
  cluster: Cluster,
  plan: Plan,
): Promise<Look<string>> {
  // A witness that cannot see yet has not seen it happen.
  return kind.witness(cluster, plan).catch((error) => notYet(String(error)))
}

async function refuseUnable(
  kind: FaultKind,
  abilities: Readonly<Record<Ability, true | string>> | undefined,
): Promise<void> {
  const why = abilities === undefined ? undefined : whyNot(kind.needs, abilities)
  if (why !== undefined) throw new FaultUnavailable(kind.name, why)
}

/** A container that is gone is nobody's; one that is there must carry our label. */
async function refuseForeign({ engine }: Docker, plan: FaultPlan, run?: string): Promise<void> {
  await Promise.all(
    plan.touches.map(async (id) => {
      const labels = await new Container(engine, id, id).labelsIfThere()
      if (labels === undefined) return
      const owner = labels[runLabels.run]
      if (owner === undefined || (run !== undefined && owner !== run)) throw new NotOurs(id, owner)
    }),
  )
}

/** How long after healing residue may still be seen going away. */
export const RESIDUE_WITHIN = seconds(5)

/** For witnesses that are a plain question. */
export const seen = (is: boolean, yes: string, no: string): Look<string> =>
  is ? happened(yes) : notYet(no)

/** This engine or kernel cannot do it; a scenario that needs it is skipped. */
export class FaultUnavailable extends Error {
  override readonly name = 'FaultUnavailable'
  readonly exitCode = 2
  constructor(fault: string, why: string) {
    super(`${fault} cannot be done here: ${why}`)
  }
}

/** Its effect is there already, so nobody could tell what a second injection does. */
export class AlreadyInForce extends Error {
  override readonly name = 'AlreadyInForce'
  readonly exitCode = 64
  constructor(fault: string, target: string, witness: string) {
    super(`${fault} of ${target} is refused, its effect is there already: ${witness}`)
  }
}

/** The target carries another run's label, or none. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs'
  readonly exitCode = 3
  constructor(container: string, owner: string | undefined) {
    const whose = owner === undefined ? 'has no label of ours' : `belongs to run ${owner}`
    super(`container ${container.slice(0, 12)} ${whose}: no fault touches it`)
  }
}
