import { keyDisabled } from '../harness/faults/kms-keys.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rollingRestart } from '../harness/procedures/rolling-restart.ts'
import { scenario } from '../harness/scenario.ts'

const RESTARTED = {
  majority: 'at every look at least two nodes are up, unsealed and voters by autopilot',
  young: 'every server is a younger process than before',
}
const REFUSED = {
  refused: 'the restart is refused because of the key',
  untouched: 'every server is the process that it was, and unsealed',
}

export const rollingRestartUnderLoad = scenario(
  'Every server is to be restarted, one after the other, while tenants write',
  {
    id: 'MT1',
    source: 'HLD:867-877',
    hypothesis:
      'Clients notice one hand-over of less than 5 s, and nothing where no server would come back.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier, variant) => [
      variant === 'key-disabled'
        ? noOutage({ source: 'HLD:870' })
        : noOutage({ id: 'hand-over', longest: seconds(5 * multiplier), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      variant === 'key-disabled'
        ? checks({ id: 'refused', all: Object.values(REFUSED), source: 'RB:330' })
        : checks({ id: 'restarted', all: Object.values(RESTARTED), source: 'HLD:867-877' }),
    ],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(4),
  },
  {
    'key-enabled': async ({ check, cluster, inspect, note, perform, until }) => {
      const { nodes } = cluster
      const before = await cluster.processes()

      // Procedure
      await check(RESTARTED.majority, true, async () => {
        const act = () => perform(rollingRestart, { nodes, custody: cluster.custody })
        const { fewest, looks, told } = await inspect.fewestServing(act)
        note(
          `of ${looks} looks, ${told} with autopilot's word, the worst saw ${fewest} voters serve`,
        )
        // Without autopilot's word at most looks nobody knows who has a vote.
        return (fewest >= 2 && 2 * told >= looks) || { fewest, told, looks }
      })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
      await check(RESTARTED.young, [], async () => {
        const now = await cluster.processes()
        return Object.keys(before).filter((name) => before[name]?.pid === now[name]?.pid)
      })
    },
    'key-disabled': async ({ check, cluster, heal, inject, perform }) => {
      const { custody, nodes } = cluster
      const servers = async () => {
        const processes = await cluster.processes()
        const healths = await Promise.all(nodes.map((node) => node.health()))
        return [
          Object.entries(processes).map(([name, { pid }]) => [name, pid]),
          healths.map(({ status }) => status).sort(),
        ]
      }
      const before = await servers()

      // Symptom
      const outage = keyDisabled()
      await inject(outage)

      // Procedure
      await check(REFUSED.refused, true, async () => {
        const said = await perform(rollingRestart, { nodes, custody }).then(
          () => 'it came to its end',
          (error: Error) => error.message,
        )
        return /the seal Enabled; seen: Disabled; nothing was changed$/.test(said) || said
      })

      // Verification
      await check(REFUSED.untouched, before, servers)
      await heal(outage)
    },
  },
)
