import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { claim } from '../harness/objectives/claim.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

export const secondLossAfterRestart = scenario(
  'The new leader is killed as well, just after the first one came back',
  {
    id: 'HA9',
    source: 'HLD:873-877',
    hypothesis: 'A second loss within seconds of a restart costs less than 5 s and no write.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      // A node that has just started waits for its leader three times as long. At the default
      // multiplier of 5 that is up to 27 s, and the 5 s of the document are a claim.
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(40), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    claims: () => [
      claim({ source: 'HLD:874', says: 'latency spike below 1 s', rtoWithin: seconds(1) }),
      claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) }),
    ],
    mustObserve: ['leader-changed', 'write-refused-or-unknown', 'young-survivor'],
    deadline: minutes(3),
  },
  async ({ cluster, inject, perform, until }) => {
    const firstLeader = await cluster.leader()

    // Symptom
    await inject(killed(firstLeader))
    await until('another node leads', () => cluster.isLedByOtherThan(firstLeader))

    // Procedure
    await perform(rejoinNode, { node: firstLeader, custody: cluster.custody })

    // Symptom
    const secondLeader = await cluster.leader()
    await until('the first one is back for 2.5 s', async () => {
      return (await firstLeader.age()).ms >= seconds(2.5).ms
    })
    await inject(killed(secondLeader))
    await until('another node leads', () => cluster.isLedByOtherThan(secondLeader))

    // Procedure
    await perform(rejoinNode, { node: secondLeader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
