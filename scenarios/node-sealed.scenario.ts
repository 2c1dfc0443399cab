import { nodeSealed } from '../harness/faults/seal.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { restartSealedNode } from '../harness/procedures/restart-sealed-node.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  balancer: 'the balancer leads clients to a node that is not sealed',
  sealed: 'it does not unseal by itself',
}

export const nodeSealedByCall = scenario(
  'The leader is sealed by a call while tenants write',
  {
    id: 'SL11',
    source: 'RB:337-351, 562',
    hypothesis:
      'The balancer drops the sealed leader, another leads within 5 s, a restart opens it.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      rto({ within: multiplier === 1 ? seconds(5) : seconds(30), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'RB:337-351' }),
    ],
    mustObserve: ['leader-changed', 'node-silent'],
    deadline: minutes(3),
  },
  async ({ check, cluster, holds, inject, perform, until }) => {
    const formerLeader = await cluster.leader()

    // Symptom
    await inject(nodeSealed(formerLeader))
    await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))
    await check(FACTS.balancer, 200, async () => {
      return (await cluster.secrets().call('GET', 'sys/health')).status
    })
    await holds(FACTS.sealed, seconds(12), async () => (await formerLeader.health()).status === 503)

    // Procedure
    await perform(restartSealedNode, { node: formerLeader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
