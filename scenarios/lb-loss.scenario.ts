import { balancerKilled } from '../harness/faults/balancer.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { restartBalancer } from '../harness/procedures/restart-balancer.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  nobody: 'no new client is served while the balancer is gone',
  nodes: 'the nodes are well all the while',
}

export const lbLoss = scenario(
  'The balancer is killed and started again while tenants write',
  {
    id: 'CL2',
    source: 'RB:50-52',
    hypothesis: 'The outage lasts until the balancer is started again, and less than 1 s longer.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      rto({ id: 'restart', since: 'first-step', within: seconds(1), source: 'RB:50-52' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'alone', all: Object.values(FACTS), source: 'RB:50-52' }),
    ],
    mustObserve: ['bad-probe', 'write-refused-or-unknown', 'cas-conflict'],
    deadline: minutes(3),
  },
  async ({ check, cluster, holds, inject, inspect, perform }) => {
    const leader = await cluster.leader()

    // Symptom
    await inject(balancerKilled())
    await holds(FACTS.nobody, seconds(5), async () => {
      return (await inspect.throughBalancer()) === 'ECONNREFUSED'
    })
    await check(FACTS.nodes, { voters: 3, leader: leader.name }, async () => {
      return { voters: await cluster.healthyVoters(), leader: (await cluster.leader()).name }
    })

    // Procedure
    await perform(restartBalancer, { cluster })
  },
)
