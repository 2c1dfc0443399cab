import { findings } from '../harness/documents/block.ts'
import { client } from '../harness/documents/client-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const clientAsWritten = scenario(
  "The application's client is run as the design has it",
  {
    id: 'DP6',
    source: 'HLD:496-616, 942-986',
    hypothesis: 'A standby reads as sealed, a deletion is for good, the tests do not start.',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [
      checks({ id: 'on-record', all: findings(client), source: 'HLD:582-615, 942-986' }),
    ],
    deadline: minutes(2),
  },
  async ({ cluster, type }) => {
    const [standby] = await cluster.standbys()
    await type(client, standby)
  },
)
