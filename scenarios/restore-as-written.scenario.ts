import {
  nobodyBehindBalancer,
  productionOverwritten,
  restoreRefused,
} from '../harness/documents/balancer-blocks.ts'
import { type Block, findings } from '../harness/documents/block.ts'
import { LOCKS_NO_MEMORY } from '../harness/documents/design-blocks.ts'
import {
  beforeTheLoss,
  freshConfiguration,
  restoreUnderKms,
  restoreUnderShamir,
} from '../harness/documents/restore-blocks.ts'
import { powerCut } from '../harness/faults/power.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const BLOCKS: Readonly<Record<string, readonly Block[]>> = {
  shamir: [restoreUnderShamir],
  awskms: [restoreUnderKms],
  'through-balancer': [restoreRefused, productionOverwritten, nobodyBehindBalancer],
}

const FACTS = {
  refused: 'with the token of the new init production keeps what was written after the backup',
  overwritten:
    'with a token that is known there production loses what was written after the backup',
}

export const restoreAsWritten = scenario(
  'A lost cluster is restored on fresh machines as the runbook has it',
  {
    id: 'RS2',
    source: 'RB:205-283',
    hypothesis:
      'Neither seal leads to a cluster: a sealed node, or two that never unseal. At the balancer another one is overwritten.',
    suites: ['documents'],
    load: 'none',
    leaves: 'broken',
    cluster: { operator: 'shell' },
    objectives: (_multiplier, variant = 'shamir') => [
      checks({
        id: 'on-record',
        all: findings(...(BLOCKS[variant] ?? [])),
        source: 'RB:166, 211-275',
      }),
      ...(variant === 'through-balancer'
        ? [checks({ id: 'production', all: Object.values(FACTS), source: 'RB:166, 239-241' })]
        : []),
    ],
    deadline: minutes(5),
  },
  {
    shamir: restoring(restoreUnderShamir),
    awskms: restoring(restoreUnderKms),
    'through-balancer': throughBalancer,
  },
)

/** The lost cluster is left where it is: no fresh machine knows of it. */
function restoring(block: Block): ScenarioBody {
  return async ({ cluster, type }) => {
    await type(beforeTheLoss)
    await provide(cluster, block === restoreUnderKms)
    await type(block)
  }
}

/** Whoever stands behind the balancer, and nobody in the end: a new token, an old one, no answer. */
async function throughBalancer({ check, cluster, inject, type, until }: Verbs): Promise<void> {
  const path = `drill/after-the-backup-${cluster.freshName()}`
  const written = async () => (await cluster.secrets().read(path)).status
  await type(beforeTheLoss)
  await cluster.secrets().write(path, { text: 'written after the backup' })
  await provide(cluster, true)

  await type(restoreRefused)
  await check(FACTS.refused, 200, written)

  await type(productionOverwritten)
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  await check(FACTS.overwritten, 404, written)

  await inject(powerCut('all'))
  await type(nobodyBehindBalancer)
}

async function provide(cluster: Verbs['cluster'], isSealedByKms: boolean): Promise<void> {
  const configuration = freshConfiguration(isSealedByKms)
  await cluster.workplace.startAsDesigned({ configuration, besides: LOCKS_NO_MEMORY })
}
