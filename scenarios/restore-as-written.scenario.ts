import { findings } from '../harness/documents/block.ts'
import { LOCKS_NO_MEMORY } from '../harness/documents/design-blocks.ts'
import {
  beforeTheLoss,
  freshConfiguration,
  restoreUnderKms,
  restoreUnderShamir,
} from '../harness/documents/restore-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const BLOCKS = { shamir: restoreUnderShamir, awskms: restoreUnderKms }

export const restoreAsWritten = scenario(
  'A lost cluster is restored on fresh machines as the runbook has it',
  {
    id: 'RS2',
    source: 'RB:205-283',
    hypothesis: 'Neither seal leads to a cluster: a sealed node, or two that never unseal.',
    suites: ['documents'],
    load: 'none',
    leaves: 'broken',
    cluster: { operator: 'shell' },
    objectives: (_multiplier, variant) => [
      checks({
        id: 'on-record',
        all: findings(BLOCKS[variant === 'awskms' ? 'awskms' : 'shamir']),
        source: 'RB:211-275',
      }),
    ],
    deadline: minutes(5),
  },
  { shamir: restoring('shamir'), awskms: restoring('awskms') },
)

/** The lost cluster is left where it is: no fresh machine knows of it. */
function restoring(way: keyof typeof BLOCKS): ScenarioBody {
  return async ({ cluster, type }) => {
    await type(beforeTheLoss)
    await cluster.workplace.startAsDesigned({
      configuration: freshConfiguration(way === 'awskms'),
      besides: LOCKS_NO_MEMORY,
    })
    await type(BLOCKS[way])
  }
}
