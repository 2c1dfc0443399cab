import { findings } from '../harness/documents/block.ts'
import { dataLayout } from '../harness/documents/check-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const dataLayoutOfBoth = scenario(
  'Credentials are read by the paths of both documents',
  {
    id: 'DP7',
    source: 'HLD:618-639; RB:271, 535',
    hypothesis: 'What is stored where the design has it is not where the runbook reads it.',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [checks({ id: 'on-record', all: findings(dataLayout), source: 'RB:271' })],
    deadline: minutes(2),
  },
  async ({ type }) => type(dataLayout),
)
