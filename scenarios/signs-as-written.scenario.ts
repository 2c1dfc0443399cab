import { findings } from '../harness/documents/block.ts'
import { designBackup, healthEndpoint, healthScript } from '../harness/documents/check-blocks.ts'
import { corruptionSigns } from '../harness/documents/recovery-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const signsAsWritten = scenario(
  "A healthy cluster is looked at by the documents' own checks",
  {
    id: 'DP8',
    source: 'HLD:425-490, 843-858; RB:490-501, 568-585',
    hypothesis: 'The health script calls a healthy cluster broken; no sign of corruption exists.',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [
      checks({
        id: 'on-record',
        all: findings(healthScript, corruptionSigns),
        source: 'HLD:425-490',
      }),
    ],
    deadline: minutes(2),
  },
  async ({ type }) => {
    await type(healthEndpoint)
    await type(healthScript)
    await type(corruptionSigns)
    await type(designBackup)
  },
)
