import { powerCut } from '../harness/faults/power.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  down: 'no node accepts a connection',
  unsealed: 'every node is unsealed, and nobody entered a key',
}

export const coldStart = scenario(
  'All nodes lose power at once and are started again',
  {
    id: 'HA7',
    source: 'RB:6, 431; HLD:879-883',
    hypothesis: 'With the disks intact all nodes unseal by themselves and no snapshot is needed.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      rto({ within: minutes(30), source: 'RB:6' }),
      rpo({ lostWrites: 0, source: 'RB:6' }),
      checks({ id: 'by-itself', all: Object.values(FACTS), source: 'RB:320' }),
    ],
    claims: () => [
      claim({ source: 'HLD:882', says: 'RTO 15 minutes by hand', rtoWithin: minutes(15) }),
    ],
    mustObserve: ['write-refused-or-unknown', 'bad-probe', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(4),
  },
  async ({ check, cluster, inject, inspect, perform, until }) => {
    const { nodes } = cluster

    // Symptom
    await inject(powerCut('all'))
    await check(FACTS.down, ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'], () =>
      Promise.all(nodes.map((node) => inspect.connectionTo(node))),
    )

    // Procedure
    await perform(startAllNodes, { nodes, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.unsealed, [200, 429, 429], async () => {
      const healths = await Promise.all(nodes.map((node) => node.health()))
      return healths.map(({ status }) => status).sort()
    })
  },
)
