import { partitioned } from '../harness/faults/partition.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  one: 'no two nodes say that they lead',
  terms: 'at most two terms pass in the first minute',
  stable: 'after that the leader and its term stay',
}

export const bridge = scenario(
  'The leader and a standby do not reach each other, the third node reaches both',
  {
    id: 'NW5',
    source: 'HLD:39-41',
    hypothesis: 'Leadership settles on a node that has a majority and does not swing.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(30), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      consistency({ contract: 'vault-lease' }),
      checks({ id: 'settles', all: Object.values(FACTS), source: 'HLD:39-41' }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(4),
  },
  async ({ check, choose, cluster, heal, holds, inject, inspect, note, until }) => {
    const leader = await cluster.leader()
    const standby = choose('standby', await cluster.standbys())
    const before = await cluster.term()

    // Symptom
    await inject(partitioned(leader, standby))
    await holds(FACTS.one, seconds(60), async () => (await inspect.leaders()).length <= 1)
    const after = { leader: (await cluster.leader()).name, term: await cluster.term() }
    note(`${after.leader} leads after a minute, ${after.term - before} terms later`)
    await check(FACTS.terms, true, async () => after.term - before <= 2)
    await holds(FACTS.stable, seconds(30), async () => {
      return (await cluster.leader()).name === after.leader && (await cluster.term()) === after.term
    })

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
