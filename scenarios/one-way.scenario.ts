import { cannotCall } from '../harness/faults/partition.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const ONE = 'no two nodes say that they lead'

function oneWay(role: 'leader' | 'standby', stillDoes: 'sends' | 'receives'): ScenarioBody {
  return async ({ choose, cluster, heal, holds, inject, inspect, note, until }) => {
    const node =
      role === 'leader' ? await cluster.leader() : choose('standby', await cluster.standbys())
    const others = cluster.nodes.filter((each) => each !== node).map(({ name }) => name)
    const before = await cluster.term()

    // Symptom
    await inject(
      stillDoes === 'sends'
        ? cannotCall(others.join(','), node)
        : cannotCall(node, others.join(',')),
    )
    await holds(ONE, seconds(20), async () => (await inspect.leaders()).length <= 1)
    const leads = (await inspect.leaders()).join() || 'nobody'
    note(`the ${role} ${node.name} only ${stillDoes}: after 20 s ${leads} leads`)

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    note(`${(await cluster.term()) - before} terms passed, healing included`)
  }
}

export const oneWayLinks = scenario(
  'One node can call the others or be called by them, but not both',
  {
    id: 'NW4',
    source: 'HLD:39-41',
    hypothesis: 'There is never a second leader, and after the healing all is well within 5 s.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      checks({ id: 'one-leader', all: [ONE], source: 'HLD:39-41' }),
      multiplier === 1
        ? rto({ id: 'rto-after-healing', since: 'healing', within: seconds(5), source: 'HLD:876' })
        : rto({ id: 'rto-after-healing', since: 'healing', within: seconds(30) }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      consistency({ contract: 'vault-lease' }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(3),
  },
  {
    'leader-sends': oneWay('leader', 'sends'),
    'leader-receives': oneWay('leader', 'receives'),
    'follower-sends': oneWay('standby', 'sends'),
    'follower-receives': oneWay('standby', 'receives'),
  },
)
