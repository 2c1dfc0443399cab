import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Inspection } from '../cluster/inspection.ts'
import type { Node } from '../cluster/node.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { planFault } from './bring-about.ts'
import { CannotPlan } from './fault.ts'
import { leaderFlapping } from './flapping.ts'
import { frozen } from './freezer.ts'
import { steppedDown } from './leadership.ts'
import { bite, context, healsFromDisk, isOver, provesItself } from './made-proof.ts'
import { killed, stopped } from './process.ts'
import { cpuStarved, outOfMemory } from './process-limits.ts'
import { restarted } from './restart.ts'

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

test('a server that is on its way out is not taken for healed', async () => {
  const { cluster } = on()
  const fault = stopped('standby')
  const plan = await planFault(fault, cluster, context)
  const { vault } = cluster.node(plan.target)
  onTestFinished(() => vault.start()) // whatever this shows, the tests after it need it
  await vault.signal('SIGTERM') // and whoever did that has died
  await healsFromDisk(cluster, fault, plan)
  expect(await vault.state()).toMatchObject({ running: true })
  expect((await vault.state()).pid).not.toBe(plan.pid)
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

test.each([
  ['leader', /^the engine says paused, .*; vault-\d leads in term \d+, before \d+$/],
  ['standby', /^the engine says paused, and no CPU time was used in 300 ms$/],
] as const)(
  'a frozen %s stands still, and goes on when it is healed',
  async (target, witnessed) => {
    const { cluster } = on()
    // By name: a second one of the leader would be of the next leader.
    const node = target === 'leader' ? await cluster.leader() : (await cluster.standbys())[0]
    expect(await provesItself(cluster, frozen(node as Node))).toMatch(witnessed)
  },
)

test('a server without memory is killed by the kernel, and gets its memory back', async () => {
  const { cluster, docker } = on()
  const fault = outOfMemory('standby')
  const { plan, witness } = await bite(cluster, fault)
  expect(witness).toBe('the engine reports OOMKilled and exit code 137')
  expect(await fault.kind.residue(docker, plan)).toEqual([
    expect.stringMatching(/^vault-\d is limited to \d+ bytes$/),
    expect.stringMatching(/^vault-\d is not running$/),
  ])
  await healsFromDisk(cluster, fault, plan)
  await isOver(cluster, fault, plan)
})

test('a server that has not died of its limit gets its memory back while it runs', async () => {
  const { cluster, docker } = on()
  const fault = outOfMemory('standby')
  const plan = await planFault(fault, cluster, context)
  const { vault } = cluster.node(plan.target)
  const limit = 2 ** 30 // no pressure: whoever makes it has died
  await vault.limit({ Memory: limit, MemorySwap: limit })
  expect(await fault.kind.residue(docker, plan)).toEqual([
    `${plan.target} is limited to ${limit} bytes`,
  ])
  await healsFromDisk(cluster, fault, plan)
  expect((await vault.state()).pid).toBe(plan.pid)
})

test('a server without CPU time has to wait, until it is healed', async () => {
  const { cluster } = on()
  const witness = await provesItself(cluster, cpuStarved('standby', 1))
  expect(witness).toMatch(/^the kernel made it wait in [1-9]\d* periods of 500 ms/)
})

test('a restarted server has another process and answers; there is nothing to heal', async () => {
  const { cluster } = on()
  const { plan, witness } = await bite(cluster, restarted('standby'))
  expect(witness).toMatch(/^pid \d+ runs since .*, before \d+ since .*, and answers 429$/)
  await healsFromDisk(cluster, restarted('standby'), plan)
})

test('a leadership flaps until it is healed by another process than the one that began it', async () => {
  const { cluster, docker } = on()
  const fault = leaderFlapping(3000)
  const { plan, witness } = await bite(cluster, fault)
  expect(witness).toMatch(/^vault-\d leads in term \d+, vault-\d in \d+ before$/)
  expect(JSON.stringify(plan)).not.toContain('token')
  await expect(planFault(fault, cluster, context)).rejects.toThrow('flaps already')
  expect(await fault.kind.residue(docker, plan)).toEqual([
    `container ${plan.flapper.name} is there`,
  ])
  await healsFromDisk(cluster, fault, plan)
  await cluster.converge(context.signal)
  const term = await cluster.term()
  await sleep(4000)
  expect(await cluster.term()).toBe(term)
})
