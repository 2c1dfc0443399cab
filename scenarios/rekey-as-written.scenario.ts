import { findings } from '../harness/documents/block.ts'
import { rekey } from '../harness/documents/seal-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const rekeyAsWritten = scenario(
  'Unseal keys are rotated as the runbook has it',
  {
    id: 'SL14',
    source: 'RB:409-423',
    hypothesis: 'Under a KMS seal nobody is given a new key, and the verification finds no line.',
    suites: ['documents'],
    load: 'none',
    leaves: 'broken', // nobody knows what a rekeying that went half of its way has changed
    cluster: { operator: 'shell' },
    objectives: () => [checks({ id: 'on-record', all: findings(rekey), source: 'RB:415-422' })],
    deadline: minutes(2),
  },
  async ({ type }) => type(rekey),
)
