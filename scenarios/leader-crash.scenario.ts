import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { claim } from '../harness/objectives/claim.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

export const leaderCrash = scenario(
  'The leader is killed while tenants write',
  {
    id: 'HA2',
    source: 'HLD:873-877',
    hypothesis: 'A standby takes over within 5 s and no acknowledged write is lost.',
    suites: ['smoke', 'nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      // The documents leave the multiplier at the products' default of 5, with which 5 s cannot
      // be had: there it is a claim, and the objective is what docs/deficiencies.md budgets.
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(30), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    claims: () => [
      claim({ source: 'HLD:874', says: 'latency spike below 1 s', rtoWithin: seconds(1) }),
      claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) }),
    ],
    mustObserve: [
      'leader-changed',
      'write-refused-or-unknown',
      'cas-conflict',
      'read-from-each-node',
    ],
    deadline: minutes(3),
  },
  async ({ cluster, inject, perform, until }) => {
    const formerLeader = await cluster.leader()

    // Symptom
    await inject(killed(formerLeader))
    await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))

    // Procedure
    await perform(rejoinNode, { node: formerLeader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
