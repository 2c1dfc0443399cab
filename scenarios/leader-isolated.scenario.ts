import { isolated } from '../harness/faults/partition.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  before: 'until it was cut off the old leader acknowledged writes sent to it',
  lease: 'writes that the old leader acknowledged although they were sent after its lease',
  one: 'no two nodes say that they lead',
}

export const leaderIsolated = scenario(
  'The leader is cut off from everything while tenants write',
  {
    id: 'NW2',
    source: 'HLD:873-877',
    hypothesis: 'The majority goes on within 5 s, and the old leader acknowledges nothing alone.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(30), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      // Until it notices, a leader that is cut off may answer reads from what it knew.
      consistency({ contract: 'vault-lease' }),
      checks({ id: 'one-leader', all: Object.values(FACTS), source: 'HLD:873-877' }),
    ],
    mustObserve: ['leader-changed', 'write-refused-or-unknown'],
    deadline: minutes(3),
  },
  async ({ check, cluster, heal, holds, inject, inspect, note, until }) => {
    const formerLeader = await cluster.leader()
    const talk = await inspect.talkTo(formerLeader)

    // Symptom
    const cuts = await inject(isolated(formerLeader))
    await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))
    await holds(FACTS.one, seconds(10), async () => (await inspect.leaders()).length <= 1)
    const said = await talk.end(cuts)
    note(`${formerLeader.name}, isolated: ${said.inWords}`)
    await check(FACTS.before, true, async () => said.acknowledgedBefore > 0)
    await check(FACTS.lease, 0, async () => said.acknowledgedAfter(cluster.heartbeat.ms / 2))

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  },
)
