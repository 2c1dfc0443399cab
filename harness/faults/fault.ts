import type { Cluster } from '../cluster/cluster.ts'
import type { Ns, RunClock } from '../lib/clock.ts'
import type { Seed } from '../lib/seed.ts'
import type { Look } from '../lib/until.ts'
import type { Ability } from '../stack/abilities.ts'
import type { Docker } from '../stack/docker.ts'

/**
 * A kind of fault is a value with six parts: whether this engine can do it (`needs`), `plan`,
 * `inject`, `witness`, `heal`, `residue`. The plan is on disk before `inject` is called, and all
 * that comes after works from the plan alone: another process can undo what a dead one did.
 *
 * The parts are written as methods, so that a kind with a plan of its own is still a `FaultKind`.
 */
export type FaultKind<Plan extends FaultPlan = FaultPlan> = {
  readonly name: string
  readonly family: Family
  /** One sentence for the table: what it does to the world. */
  readonly does: string
  /** Who sees it, other than its injector. */
  readonly witnessed: string
  /** What it is not, so that nobody reads more into it. */
  readonly cannotShow: string
  /** Where the documents ask for it: `HLD:873-877`; `-`: they do not. */
  readonly source: string
  /** A final fault destroys something; only a procedure can undo it, `heal` changes nothing. */
  readonly final: boolean
  /** What it can be aimed at, in words of {@link Aim}; the first one is the default. */
  readonly targets: readonly [string, ...string[]]
  readonly parameters: Readonly<Record<string, Parameter>>
  /** What the engine and the kernel must be able to do. */
  readonly needs: readonly Ability[]
  /**
   * Chooses the target and notes all that the other parts need; changes nothing and draws only
   * from the seed. @throws {CannotPlan} when there is nothing to aim at.
   */
  plan(cluster: Cluster, aim: Aim, seed: Seed): Promise<Plan>
  inject(cluster: Cluster, plan: Plan, context: Injection): Promise<Effect>
  /** Looks at the world with eyes that are not the injector's. */
  witness(cluster: Cluster, plan: Plan): Promise<Look<string>>
  /** Idempotent; also of a fault that was never or only half injected. */
  heal(docker: Docker, plan: Plan): Promise<void>
  /** What is left of the fault after healing, in words; empty when nothing is. */
  residue(docker: Docker, plan: Plan): Promise<readonly string[]>
}

export type Family =
  | 'process'
  | 'host'
  | 'leadership'
  | 'network'
  | 'kms'
  | 'objects'
  | 'data'
  | 'disk'
  | 'balancer'
  | 'names'
  | 'certificates'
  | 'audit'

/** A number or a word that a fault takes; its unit is the last part of its name: `latencyMs`. */
export type Parameter = { readonly default: number | string; readonly says: string }

/**
 * What a fault is aimed at, as people write it: `leader`, `standby`, `all`, `random`, `vault-2`,
 * a link `vault-1->raft-vault-2`, a path, … and values for its parameters.
 */
export type Aim = {
  readonly target: string
  readonly given: Readonly<Record<string, number | string>>
}

/** JSON all through: it is read again from disk. */
export type FaultPlan = {
  /** What was chosen: a node's name where it is one, `vault-1,vault-2` for several. */
  readonly target: string
  /** Ids of every container that it acts on; all must carry our run's label. */
  readonly touches: readonly string[]
}

export type Injection = {
  readonly clock: RunClock
  readonly seed: Seed
  readonly signal: AbortSignal
}

/** The instants between which the fault took effect: `issued` by us, `proven` by the world. */
export type Effect = { readonly issued: Ns; readonly proven: Ns }

/** A kind, aimed: what a scenario injects. */
export type Fault<Plan extends FaultPlan = FaultPlan> = {
  readonly kind: FaultKind<Plan>
  readonly aim: Aim
}

/**
 * Aims a kind; missing parameters get their defaults.
 * @throws {BadAim} for a parameter that the kind does not take, or no number where one is due.
 */
export function aimed<Plan extends FaultPlan>(
  kind: FaultKind<Plan>,
  target: string = kind.targets[0],
  given: Readonly<Record<string, number | string>> = {},
): Fault<Plan> {
  const defaults = Object.entries(kind.parameters).map(([name, each]) => [name, each.default])
  const taken = Object.entries(given).map(([name, value]) => {
    const parameter = kind.parameters[name]
    if (parameter === undefined) {
      const takes = Object.keys(kind.parameters).join(', ') || 'none'
      throw new BadAim(`${kind.name} takes no ${name}; its parameters: ${takes}`)
    }
    if (typeof parameter.default === 'string') return [name, String(value)]
    const number = Number(value)
    if (Number.isNaN(number) || number < 0) {
      throw new BadAim(`${name} of ${kind.name} is a number, not "${value}"`)
    }
    return [name, number]
  })
  return { kind, aim: { target, given: Object.fromEntries([...defaults, ...taken]) } }
}

/** The value of a numeric parameter; {@link aimed} has seen to it that it is there. */
export const numberGiven = ({ given }: Aim, name: string): number => Number(given[name])
export const textGiven = ({ given }: Aim, name: string): string => String(given[name])

/** What was asked for makes no sense; a usage error. */
export class BadAim extends Error {
  override readonly name = 'BadAim'
  readonly exitCode = 64
}

/** The cluster has nothing that the fault could be aimed at, as it is now. */
export class CannotPlan extends Error {
  override readonly name = 'CannotPlan'
  readonly exitCode = 64
}
