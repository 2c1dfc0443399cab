import { stopped } from '../harness/faults/process.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  leader: 'the leader answers 200',
  standbys: 'both standbys answer 429',
  standbyOk: 'a standby answers 200 when standbyok is asked for',
  uninitialised: 'a node that was never initialised answers 501',
  sealed: 'a sealed node answers 503',
  stopped: 'a stopped node refuses connections',
  fields: 'the body lacks only those fields of RB:574-584 that this product does not have',
}

export const healthCodes = scenario(
  'Every state of a node has its health code',
  {
    id: 'DP3',
    source: 'HLD:425-490, 598-615, 793-804; RB:74, 568-584',
    hypothesis: 'sys/health tells leader, standby, sealed, uninitialised and stopped apart.',
    suites: ['smoke', 'nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'codes', all: Object.values(FACTS), source: 'HLD:798-803' })],
    deadline: minutes(3),
  },
  async ({ check, choose, cluster, inject, inspect, perform, until }) => {
    const leader = await cluster.leader()
    const standbys = await cluster.standbys()
    const health = async (node: typeof leader) => (await node.health()).status

    await check(FACTS.leader, 200, () => health(leader))
    await check(FACTS.standbys, [429, 429], () => Promise.all(standbys.map(health)))
    await check(FACTS.standbyOk, [200, 200], () => {
      return Promise.all(standbys.map((node) => inspect.healthWithStandbyOk(node)))
    })
    await check(FACTS.fields, cluster.facts.absentHealthFields, () =>
      inspect.missingHealthFields(leader),
    )

    const spare = await cluster.startSpare()
    await until('the spare node answers', async () => (await health(spare)) === 501)
    await check(FACTS.uninitialised, 501, () => health(spare))
    await cluster.dismiss(spare)

    await cluster.seal(leader)
    await check(FACTS.sealed, 503, () => health(leader))
    await leader.restart()
    await until('the sealed node is unsealed after a restart', async () => {
      return [200, 429].includes(await health(leader))
    })

    const victim = choose('standby', await cluster.standbys())
    await inject(stopped(victim))
    await check(FACTS.stopped, 'ECONNREFUSED', () => inspect.connectionTo(victim))
    await perform(rejoinNode, { node: victim, custody: cluster.custody })
  },
)
