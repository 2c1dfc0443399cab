import { steppedDown } from '../harness/faults/leadership.ts'
import { stopped } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

export const leaderHandover = scenario(
  'The leader hands over on purpose while tenants write',
  {
    id: 'HA3',
    source: 'HLD:875-877',
    hypothesis: 'A graceful hand-over costs less than 5 s, whatever the Raft timeouts are.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      rto({ within: seconds(5), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    mustObserve: ['leader-changed', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(3),
  },
  {
    'step-down': async ({ cluster, inject, until }) => {
      const formerLeader = await cluster.leader()

      // Symptom
      await inject(steppedDown(formerLeader))

      // Verification
      await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
    sigterm: async ({ cluster, inject, perform, until }) => {
      const formerLeader = await cluster.leader()

      // Symptom
      await inject(stopped(formerLeader))
      await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))

      // Procedure
      await perform(rejoinNode, { node: formerLeader, custody: cluster.custody })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
  },
)
