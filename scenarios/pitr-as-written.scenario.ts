import { findings } from '../harness/documents/block.ts'
import { credentialDeleted, pointInTime } from '../harness/documents/recovery-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const pitrAsWritten = scenario(
  'A deleted credential is recovered as the runbook has it',
  {
    id: 'DL4',
    source: 'RB:516-552',
    hypothesis: 'The audit log is searched in vain, and production ends up with "null".',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [
      checks({
        id: 'on-record',
        all: findings(credentialDeleted, pointInTime),
        source: 'RB:522-540',
      }),
    ],
    deadline: minutes(3),
  },
  async ({ cluster, type, until }) => {
    await type(credentialDeleted)
    const temporary = await cluster.startSpare()
    await until('the temporary instance answers', async () => {
      return (await temporary.health()).status === 501
    })
    await type(pointInTime, temporary)
    await cluster.dismiss(temporary)
  },
)
