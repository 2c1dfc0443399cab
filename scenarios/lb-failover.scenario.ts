import { killed } from '../harness/faults/process.ts'
import { nodeSealed } from '../harness/faults/seal.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { restartSealedNode } from '../harness/procedures/restart-sealed-node.ts'
import { scenario } from '../harness/scenario.ts'

const ONLY_LEADER = 'every new client is led to the node that leads'

export const lbFailover = scenario(
  'The balancer leads clients to another node when the leader is lost or sealed',
  {
    id: 'CL1',
    source: 'RB:48-52, 74; HLD:34-37',
    hypothesis:
      'The balancer adds little to a failover, and leads nobody to a node that is dead or sealed.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier, variant) => [
      rto({ within: multiplier === 1 ? seconds(5) : seconds(30), source: 'HLD:876' }),
      // A new leader is asked every 100 ms, and an answer may take as long on a busy host, twice
      // where one has just missed it. A sealed one keeps its clients until two checks have failed:
      // 500 ms for the first, 200 ms more for the second.
      rto({
        id: 'balancer',
        since: 'new-leader',
        within: milliseconds(variant === 'sealed' ? 900 : 300),
        source: 'RB:74',
      }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'routing', all: [ONLY_LEADER], source: 'RB:74' }),
    ],
    mustObserve: ['leader-changed', 'bad-probe'],
    deadline: minutes(3),
  },
  {
    'leader-crash': async ({ cluster, holds, inject, inspect, perform, until }) => {
      const formerLeader = await cluster.leader()

      // Symptom
      await inject(killed(formerLeader))
      await until('clients are served again', async () => {
        return (await inspect.throughBalancer()) === '200'
      })
      await holds(ONLY_LEADER, seconds(10), async () => {
        return (await inspect.throughBalancer()) === '200'
      })

      // Procedure
      await perform(rejoinNode, { node: formerLeader, custody: cluster.custody })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
    sealed: async ({ cluster, holds, inject, inspect, perform, until }) => {
      const formerLeader = await cluster.leader()

      // Symptom
      await inject(nodeSealed(formerLeader))
      await until('clients are served again', async () => {
        return (await inspect.throughBalancer()) === '200'
      })
      await holds(ONLY_LEADER, seconds(10), async () => {
        return (await inspect.throughBalancer()) === '200'
      })

      // Procedure
      await perform(restartSealedNode, { node: formerLeader, custody: cluster.custody })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
  },
)
