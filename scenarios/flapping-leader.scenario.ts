import { steppedDown } from '../harness/faults/leadership.ts'
import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const TIMES = 10
const EVERY = seconds(10)

export const flappingLeader = scenario(
  'Whoever leads is taken out every 10 s, ten times',
  {
    id: 'HA10',
    source: 'HLD:873-877',
    hypothesis: 'Losses in a row cost what one costs: each outage below 5 s, and no write.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      // Judged of each of the ten: the slowest must hold.
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(40), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    mustObserve: ['leader-changed', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(5),
  },
  {
    kill: async (verbs) => {
      await everySoOften(verbs, async () => {
        const loss = killed(await verbs.cluster.leader())
        await verbs.inject(loss)
        await verbs.heal(loss)
      })
    },
    'step-down': async (verbs) => {
      await everySoOften(verbs, async () => {
        await verbs.inject(steppedDown(await verbs.cluster.leader()))
      })
    },
  },
)

/** From the beginning of one to the beginning of the next, however long the first takes. */
async function everySoOften(
  { cluster, dwell, until }: Parameters<ScenarioBody>[0],
  act: () => Promise<void>,
): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    await Promise.all([act(), dwell('the next one is due', EVERY)])
  }
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
}
