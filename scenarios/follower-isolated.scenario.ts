import { isolated } from '../harness/faults/partition.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = { alone: 'cut off, it serves reads only where standbys read their own copy' }

export const followerIsolated = scenario(
  'A standby is cut off from everything, and comes back, while tenants write',
  {
    id: 'NW3',
    source: 'HLD:770, 867-871',
    hypothesis: 'Clients notice nothing, neither when it goes nor when it comes back.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'HLD:870' }),
      rpo({ lostWrites: 0, source: 'HLD:871' }),
      consistency({ contract: 'strict' }),
      checks({ id: 'reads', all: Object.values(FACTS), source: 'HLD:770' }),
    ],
    mustObserve: ['write-acknowledged', 'read-from-each-node'],
    deadline: minutes(3),
  },
  async ({ check, choose, cluster, dwell, heal, inject, inspect, note, until }) => {
    const standby = choose('standby', await cluster.standbys())
    const talk = await inspect.talkTo(standby)
    const before = await cluster.term()

    // Symptom
    const cuts = await inject(isolated(standby))
    await dwell('the standby stays alone', seconds(20))
    const said = await talk.end(cuts)
    note(`${standby.name}, isolated: ${said.inWords}`)
    await check(FACTS.alone, cluster.facts.standbyReads === 'local', async () => {
      return said.servedAfter(LONG_AFTER.ms) > 0
    })

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    note(`${(await cluster.term()) - before} terms passed while it was away and came back`)
  },
)

/** What was under way at the cut has ended by then. */
const LONG_AFTER = seconds(5)
