import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rollingRestart } from '../harness/procedures/rolling-restart.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  majority: 'at every look at least two nodes are up, unsealed and voters by autopilot',
  young: 'every server is a younger process than before',
}

export const rollingRestartUnderLoad = scenario(
  'Every server is restarted, one after the other, while tenants write',
  {
    id: 'MT1',
    source: 'HLD:867-877',
    hypothesis: 'Clients notice one hand-over of less than 5 s.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      noOutage({ id: 'hand-over', longest: seconds(5 * multiplier), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'restarted', all: Object.values(FACTS), source: 'HLD:867-877' }),
    ],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(4),
  },
  async ({ check, cluster, inspect, note, perform, until }) => {
    const { nodes } = cluster
    const before = await cluster.processes()

    // Procedure
    await check(FACTS.majority, true, async () => {
      const act = () => perform(rollingRestart, { nodes, custody: cluster.custody })
      const { fewest, looks, told } = await inspect.fewestServing(act)
      note(`of ${looks} looks, ${told} with autopilot's word, the worst saw ${fewest} voters serve`)
      return fewest >= 2 || fewest
    })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.young, [], async () => {
      const now = await cluster.processes()
      return Object.keys(before).filter((name) => before[name]?.pid === now[name]?.pid)
    })
  },
)
