import { beforeEach, describe, expect, test } from 'vitest'
import { Inspection } from '../cluster/inspection.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { planFault } from './bring-about.ts'
import { CannotPlan } from './fault.ts'
import { steppedDown } from './leadership.ts'
import { bite, context, healsFromDisk, isOver } from './made-proof.ts'
import { killed, stopped } from './process.ts'

const on = onStage('process-faults')

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

describe.each([
  ['killed leader', 'leader', killed, /exit code 137; vault-\d leads in term \d+, before \d+$/],
  ['killed standby', 'standby', killed, /^the engine reports exit code 137$/],
  [
    'stopped leader',
    'leader',
    stopped,
    /exit code (0|143); vault-\d leads in term \d+, before \d+$/,
  ],
  ['stopped standby', 'standby', stopped, /^the engine reports exit code (0|143)$/],
] as const)('a %s', (_what, target, faultOn, witnessed) => {
  test('is seen to be gone, comes back by healing, and leaves no residue', async () => {
    const { cluster, docker } = on()
    const fault = faultOn(target)
    const { plan, witness } = await bite(cluster, fault)
    expect(witness).toMatch(witnessed)
    const node = cluster.node(plan.target)
    expect(await new Inspection(cluster).connectionTo(node)).toBe('ECONNREFUSED')
    expect(await fault.kind.residue(docker, plan)).toEqual([`${node.name} is not running`])
    await expect(planFault(faultOn(node), cluster, context)).rejects.toThrow(CannotPlan)

    await healsFromDisk(cluster, fault, plan)
    const { pid } = await node.vault.state()
    await fault.kind.heal(docker, plan)
    expect((await node.vault.state()).pid).toBe(pid)
    await isOver(cluster, fault, plan)
    await node.is(['leader', 'standby'], { within: seconds(30) })
  })
})

test('a leader that stepped down is seen by its successor, and there is nothing to heal', async () => {
  const { cluster } = on()
  const former = await cluster.leader()
  const { plan, witness } = await bite(cluster, steppedDown(former))
  expect(witness).toMatch(/^vault-\d leads in term \d+, before \d+$/)
  expect(witness.startsWith(former.name)).toBe(false)
  await healsFromDisk(cluster, steppedDown(former), plan)
})

test('a kill with a plan whose pid is another process signals nobody', async () => {
  const { cluster, docker } = on()
  const fault = killed('standby')
  const plan = { ...(await planFault(fault, cluster, context)), pid: process.pid }
  // By pid it would be us; the engine is asked instead, which knows its container.
  await fault.kind.inject(cluster, plan, context)
  expect((await cluster.node(plan.target).vault.state()).exitCode).toBe(137)
  await fault.kind.heal(docker, plan)
})
