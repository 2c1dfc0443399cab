import { afterEach, expect, test } from 'vitest'
import { onStage } from '../made-stage.ts'
import { runTool } from '../stack/toolbox.ts'
import { injectFault, planFault } from './bring-about.ts'
import { bite, context, healsFromDisk, isOver, provesItself, refusesSecond } from './made-proof.ts'
import { lossy } from './packet-loss.ts'
import { cannotCall, isolated, partitioned, withoutClients, withoutPeers } from './partition.ts'
import { rateLimited } from './rate-limit.ts'

const on = onStage('partition-faults')

afterEach(async () => {
  await on().cluster.converge(context.signal)
})

/** What the packet filters of all pods have in common with before the test. */
async function filters(): Promise<readonly string[]> {
  const { cluster, docker } = on()
  const pods = [...cluster.nodes.map(({ name }) => name), 'balancer', 'operator']
  return Promise.all(
    pods.map((pod) =>
      runTool(
        docker.engine,
        cluster.toolbox(pod),
        'iptables-save -t filter | grep -e ^-A -e ^:VAULT || true',
      ),
    ),
  )
}

test.each([
  [
    'an isolated leader',
    isolated('leader'),
    /time out .*vault-\d says (standby|sealed|silent|\w+), /,
  ],
  ['an isolated standby', isolated('standby'), /last contact of vault-\d was [4-9]\.\d s ago$/],
  ['a leader without its peers', withoutPeers(), /vault-\d says /],
  ['a leader without clients', withoutClients(), /inside balancer, such as .* leads, as it did$/],
  ['a leader that cannot call', cannotCall('leader', 'standbys'), /dials the other way are made/],
  ['a leader nobody can call', cannotCall('standbys', 'leader'), /dials the other way are made/],
  ['a bridge', partitioned('vault-1', 'vault-2'), /^dials of 4 links time out from inside/],
] as const)(
  '%s is seen from inside the pods, heals, and leaves no rule',
  async (_, fault, said) => {
    const before = await filters()
    expect(await provesItself(on().cluster, fault)).toMatch(said)
    expect(await filters()).toEqual(before)
  },
)

test('a partition that was half injected is healed from its plan', async () => {
  const { cluster } = on()
  const before = await filters()
  const fault = isolated('standby')
  const plan = await planFault(fault, cluster, context)
  const half = { ...plan, links: plan.links.slice(0, 2) }
  await injectFault(fault.kind, cluster, half, context)
  await healsFromDisk(cluster, fault, plan)
  expect(await filters()).toEqual(before)
})

test('two partitions on one pod: the healing of one leaves the other in force', async () => {
  const { cluster } = on()
  const [first, second] = await cluster.standbys()
  const leader = await cluster.leader()
  if (first === undefined || second === undefined) throw new Error('two standbys are expected')
  const here = partitioned(first, second)
  const there = partitioned(leader, first)
  const one = await bite(cluster, here)
  const two = await bite(cluster, there)
  await healsFromDisk(cluster, here, one.plan)
  await refusesSecond(cluster, there, two.plan)
  await healsFromDisk(cluster, there, two.plan)
  await isOver(cluster, there, two.plan)
})

test('a loss of packets is seen in the dials that take a second', async () => {
  expect(await provesItself(on().cluster, lossy('standby', 30))).toMatch(/were not made in 900 ms/)
})

test('a limited rate is seen in what a pod takes to say much', async () => {
  expect(await provesItself(on().cluster, rateLimited('standby', 256))).toMatch(/^60000 bytes/)
})
