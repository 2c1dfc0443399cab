import { killed } from '../harness/faults/process.ts'
import { minutes } from '../harness/lib/duration.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

export const followerLoss = scenario(
  'A standby is killed while tenants write',
  {
    id: 'HA1',
    source: 'HLD:867-871',
    hypothesis: 'Clients notice nothing when a node that does not lead is lost.',
    suites: ['smoke', 'nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [noOutage({ source: 'HLD:870' }), rpo({ lostWrites: 0, source: 'HLD:871' })],
    mustObserve: ['node-silent', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(3),
  },
  async ({ cluster, choose, inject, perform, until }) => {
    const standby = choose('standby', await cluster.standbys())

    // Symptom
    await inject(killed(standby))

    // Procedure
    await perform(rejoinNode, { node: standby, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
