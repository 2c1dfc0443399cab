import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { Inspection } from '../cluster/inspection.ts'
import type { Node } from '../cluster/node.ts'
import { RunClock, wallClockMs } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { Seed } from '../lib/seed.ts'
import { until } from '../lib/until.ts'
import { connectDocker, type Docker } from '../stack/docker.ts'
import { Stage } from '../stage.ts'
import { imagesOf } from '../throw-away.ts'
import type { Fault, FaultPlan } from './fault.ts'
import { steppedDown } from './leadership.ts'
import { killed, stopped } from './process.ts'

/** Each fault bites and heals on a real cluster; the world is whole again before the next one. */

const signal = new AbortController().signal
const context = { clock: new RunClock(), seed: new Seed('7f3a'), signal }
let docker: Docker
let stage: Stage
let cluster: Cluster
beforeAll(async () => {
  docker = await connectDocker()
  const images = await imagesOf(docker, ['openbao', 'localstack', 'toxiproxy', 'haproxy'])
  const runId = `contract-${randomBytes(3).toString('hex')}`
  const startedMs = wallClockMs()
  stage = await Stage.open({ docker, runId, images, label: 'faults', startedMs }, signal)
  cluster = await stage.cluster({ product: 'openbao', multiplier: 1, tls: true }, signal)
})
afterAll(() => stage?.close())

beforeEach(async () => {
  await cluster.converge(signal)
})

const leader = () => cluster.leader()
const standby = async () => (await cluster.standbys())[0] as Node

describe.each([
  ['killed leader', leader, killed, /exit code 137; vault-\d leads in term \d+, before \d+$/],
  ['killed standby', standby, killed, /^the engine reports exit code 137$/],
  ['stopped leader', leader, stopped, /exit code (0|143); vault-\d leads in term \d+, before \d+$/],
  ['stopped standby', standby, stopped, /^the engine reports exit code (0|143)$/],
] as const)('a %s', (_what, target, faultOn, witnessed) => {
  test('is seen to be gone, comes back by healing, and leaves no residue', async () => {
    const node = await target()
    const fault = faultOn(node)
    const plan = await planOf(fault)
    expect(plan.target).toBe(node.name)
    expect(await fault.witness(cluster, plan)).toMatchObject({
      happened: false,
      seen: `${node.name} still runs with pid ${plan.pid}`,
    })
    expect(await fault.residue(docker, plan)).toEqual([])

    const issuedAfter = context.clock.now()
    const { issued, proven } = await fault.inject(cluster, plan, context)
    expect(issued).toBeGreaterThanOrEqual(issuedAfter)
    expect(proven).toBeGreaterThanOrEqual(issued)
    expect(proven).toBeLessThanOrEqual(context.clock.now())
    expect(await seen(fault, plan)).toMatch(witnessed)
    expect(await new Inspection(cluster).connectionTo(node)).toBe('ECONNREFUSED')
    expect(await fault.residue(docker, plan)).toEqual([`${node.name} is not running`])

    await fault.heal(docker, plan)
    expect(await fault.residue(docker, plan)).toEqual([])
    const { pid } = await node.vault.state()
    await fault.heal(docker, plan)
    expect((await node.vault.state()).pid).toBe(pid)
    await node.is(['leader', 'standby'], { within: seconds(30), signal })
  })
})

test('a leader that stepped down is seen by its successor, and there is nothing to heal', async () => {
  const former = await leader()
  const fault = steppedDown(former)
  const plan = await planOf(fault)
  expect(await fault.witness(cluster, plan)).toMatchObject({ happened: false })
  const { issued, proven } = await fault.inject(cluster, plan, context)
  expect(proven).toBeGreaterThanOrEqual(issued)
  const witness = await seen(fault, plan)
  expect(witness).toMatch(/^vault-\d leads in term \d+, before \d+$/)
  expect(witness.startsWith(former.name)).toBe(false)
  await fault.heal(docker, plan)
  await fault.heal(docker, plan)
  expect(await fault.residue(docker, plan)).toEqual([])
})

test('a kill with a plan whose pid is another process signals nobody', async () => {
  const node = await standby()
  const fault = killed(node)
  const plan = { ...(await planOf(fault)), pid: process.pid }
  // By pid it would be us; the engine is asked instead, which knows its container.
  await fault.inject(cluster, plan, context)
  expect((await node.vault.state()).exitCode).toBe(137)
  await fault.heal(docker, plan)
})

test('what was injected can be healed by another process, from the plan on disk alone', async () => {
  const node = await standby()
  const plan = await planOf(stopped(node))
  await stopped(node).inject(cluster, plan, context)
  const read = JSON.parse(JSON.stringify(plan)) as typeof plan
  const other = await connectDocker()
  const healing = stopped({ name: 'not needed' } as Node)
  expect(await healing.residue(other, read)).toEqual([`${node.name} is not running`])
  await healing.heal(other, read)
  expect(await healing.residue(other, read)).toEqual([])
})

const planOf = <P extends FaultPlan>(fault: Fault<P>) => fault.plan(cluster, context.seed)

const seen = <P extends FaultPlan>(fault: Fault<P>, plan: P): Promise<string> =>
  until('the witness saw it', () => fault.witness(cluster, plan), {
    within: seconds(30),
    every: milliseconds(50),
  })
