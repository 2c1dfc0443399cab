import { hostDestroyed } from '../harness/faults/volumes.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { replaceNode } from '../harness/procedures/replace-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  voter: 'the new node has a vote, and no key was entered',
}

export const nodeReplacement = scenario(
  'A node is lost with its disk, and a new one takes its place',
  {
    id: 'HA5',
    source: 'RB:285-314; HLD:867-877',
    hypothesis: 'The others serve on, and the new node has data and vote within 15 min.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: (multiplier, variant) => [
      variant === 'follower'
        ? noOutage({ source: 'HLD:870' })
        : rto({
            within: multiplier === 1 ? seconds(5) : seconds(30),
            source: multiplier === 1 ? 'HLD:876' : 'docs/deficiencies.md',
          }),
      rpo({ lostWrites: 0, source: 'HLD:871, 877' }),
      rto({
        id: 'replaced-within',
        within: minutes(15),
        until: 'last-step',
        people: 'added',
        source: 'RB:288',
      }),
      checks({ id: 'replaced', all: Object.values(FACTS), source: 'RB:285-314' }),
    ],
    // Of a standby it is the objective: clients notice nothing.
    claims: (_multiplier, variant) =>
      variant === 'follower'
        ? []
        : [claim({ source: 'HLD:870', says: 'RTO 0 seconds', rtoWithin: milliseconds(0) })],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(5),
  },
  { follower: replacing('standby'), leader: replacing('leader') },
)

function replacing(role: 'standby' | 'leader'): ScenarioBody {
  return async ({ check, choose, cluster, inject, perform, until }) => {
    const node =
      role === 'leader' ? await cluster.leader() : choose('standby', await cluster.standbys())

    // Symptom
    await inject(hostDestroyed(node))

    // Procedure
    await perform(replaceNode, { node, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.voter, { voter: true, health: 429 }, async () => {
      const peer = (await cluster.peers()).find((each) => each.node === node.name)
      return { voter: peer?.voter, health: (await node.health()).status }
    })
  }
}
