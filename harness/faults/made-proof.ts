import { expect } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { Seed } from '../lib/seed.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { connectDocker } from '../stack/docker.ts'
import { AlreadyInForce, healFault, injectFault, planFault } from './bring-about.ts'
import { kindNamed } from './catalogue.ts'
import { CannotPlan, type Fault, type FaultPlan, type Injection } from './fault.ts'

/**
 * What every mechanism has to show on a real cluster, told once: nobody sees the fault before it
 * is injected, somebody does after it, a second injection is refused, and healing works from the
 * plan as it is on disk, by another connection to the engine, twice, leaving nothing.
 */

export const context: Injection = {
  clock: new RunClock(),
  seed: new Seed('7f3a'),
  signal: new AbortController().signal,
}

export type Bitten<Plan extends FaultPlan> = { readonly plan: Plan; readonly witness: string }

/** Up to the witness. */
export async function bite<Plan extends FaultPlan>(
  cluster: Cluster,
  fault: Fault<Plan>,
): Promise<Bitten<Plan>> {
  const { kind } = fault
  expect(kindNamed(kind.name)).toBe(kind)
  const plan = await planFault(fault, cluster, context) // refuses what is seen already
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  if (!kind.final) expect(await kind.residue(cluster.docker, plan)).toEqual([])
  const before = context.clock.now()
  const { issued, proven } = await injectFault(kind, cluster, plan, context)
  expect(issued).toBeGreaterThanOrEqual(before)
  expect(proven).toBeGreaterThanOrEqual(issued)
  expect(proven).toBeLessThanOrEqual(context.clock.now())
  const witness = await until(`a witness saw ${kind.name}`, () => kind.witness(cluster, plan), {
    within: seconds(60),
    every: milliseconds(50),
  }).catch(async (error) => {
    await kind.heal(cluster.docker, plan)
    throw error
  })
  return { plan, witness }
}

/** That the same fault is refused while it is in force: aimed at what was chosen, as by name. */
export async function refusesSecond<Plan extends FaultPlan>(
  cluster: Cluster,
  { kind, aim }: Fault<Plan>,
  { target }: Plan,
): Promise<void> {
  const again = { kind, aim: { ...aim, target } }
  const refusal = await planFault(again, cluster, context).catch((error) => error)
  const isRefused = refusal instanceof AlreadyInForce || refusal instanceof CannotPlan
  expect(isRefused, `a second ${kind.name} of ${target}: ${refusal}`).toBe(true)
}

/** From the plan as another process reads it; twice; gives nothing but the proof. */
export async function healsFromDisk<Plan extends FaultPlan>(
  cluster: Cluster,
  { kind }: Fault<Plan>,
  plan: Plan,
): Promise<void> {
  const read = JSON.parse(JSON.stringify(plan)) as Plan
  const other = await connectDocker({ dial: cluster.docker.facts.dial })
  expect(await healFault(kind, other, read)).toEqual([])
  expect(await healFault(kind, other, read)).toEqual([])
}

/** That nobody sees it any more. A final fault is still seen. */
export async function isOver<Plan extends FaultPlan>(
  cluster: Cluster,
  { kind }: Fault<Plan>,
  plan: Plan,
): Promise<void> {
  await until(
    `nobody sees ${kind.name} any more`,
    async () => {
      const look = await kind.witness(cluster, plan)
      return look.happened ? notYet(look.value) : happened(true)
    },
    { within: seconds(60), every: milliseconds(100) },
  )
}

/** The whole proof of a fault that can be healed; gives what its witness said. */
export async function provesItself<Plan extends FaultPlan>(
  cluster: Cluster,
  fault: Fault<Plan>,
): Promise<string> {
  const { plan, witness } = await bite(cluster, fault)
  const proof = async () => {
    // What a healing undoes is residue, or nobody would notice one that does nothing.
    expect(await fault.kind.residue(cluster.docker, plan)).not.toEqual([])
    await refusesSecond(cluster, fault, plan)
  }
  // Healed also when the proof fails, or the tests after this one would fail for its sake.
  await proof().finally(() => healsFromDisk(cluster, fault, plan))
  await isOver(cluster, fault, plan)
  return witness
}

/**
 * The whole proof of a final fault: a second one is refused, and it is seen before and after
 * healing, which changes nothing.
 */
export async function provesFinal<Plan extends FaultPlan>(
  cluster: Cluster,
  fault: Fault<Plan>,
): Promise<string> {
  const { plan, witness } = await bite(cluster, fault)
  await refusesSecond(cluster, fault, plan)
  await healsFromDisk(cluster, fault, plan)
  expect(await fault.kind.witness(cluster, plan)).toMatchObject({ happened: true })
  return witness
}
