import { powerCut } from '../harness/faults/power.ts'
import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  tolerance: 'five voters are healthy, and two may be lost',
  goesOn: 'with two of five lost every write is acknowledged',
  stops: 'with three of five lost no write is acknowledged',
}

export const fiveNodes = scenario(
  'A cluster of five loses two nodes, and then a third',
  {
    id: 'HA11',
    source: 'HLD:769-771',
    hypothesis:
      'Two of five may be lost, the leader among them; without the third nothing is written.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    cluster: { nodes: 5 },
    objectives: () => [
      rto({ within: minutes(30), source: 'RB:6' }),
      rpo({ lostWrites: 0, source: 'HLD:871' }),
      checks({ id: 'quorum-of-five', all: Object.values(FACTS), source: 'HLD:771' }),
    ],
    mustObserve: ['leader-changed', 'write-refused-or-unknown', 'bad-probe', 'cas-conflict'],
    deadline: minutes(5),
  },
  async ({ check, choose, cluster, holds, inject, inspect, perform, until }) => {
    await check(FACTS.tolerance, { voters: 5, mayBeLost: 2 }, async () => {
      const mayBeLost = (await cluster.autopilot())?.failureTolerance
      return { voters: await cluster.healthyVoters(), mayBeLost }
    })
    const leader = await cluster.leader()
    const first = choose('lost standby', await cluster.standbys())

    // Symptom
    await inject(powerCut([leader, first]))
    await until('writes are acknowledged again', () => inspect.acknowledges())
    await holds(FACTS.goesOn, seconds(20), () => inspect.acknowledges())

    // Symptom
    const second = await cluster.leader()
    await inject(killed(second))
    await holds(FACTS.stops, seconds(15), async () => !(await inspect.acknowledges()))

    // Procedure
    await perform(startAllNodes, { nodes: [leader, first, second], custody: cluster.custody })

    // Verification
    await until('five voters are healthy', async () => (await cluster.healthyVoters()) === 5)
  },
)
