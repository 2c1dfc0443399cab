import { findings } from '../harness/documents/block.ts'
import {
  designConfiguration,
  initScript,
  LOCKS_NO_MEMORY,
  oneListener,
  oneListenerConfiguration,
  sealFile,
} from '../harness/documents/design-blocks.ts'
import { initUnderKms } from '../harness/documents/seal-blocks.ts'
import { dataVolume } from '../harness/documents/volume-blocks.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

type Verbs = Parameters<ScenarioBody>[0]

export const designAsWritten = scenario(
  'A cluster is built from the configuration and the script of the design',
  {
    id: 'DP2',
    source: 'HLD:121-312, 325-380; RB:225-227',
    hypothesis: 'The file seal does not exist, no init as written works, and no node can join.',
    suites: ['documents'],
    load: 'none',
    leaves: 'broken',
    cluster: { operator: 'shell' },
    objectives: (_multiplier, variant) => [
      checks({
        id: 'on-record',
        all:
          variant === 'one-listener'
            ? findings(dataVolume, oneListener)
            : findings(sealFile, initUnderKms, initScript),
        source: 'HLD:121-380',
      }),
    ],
    deadline: minutes(5),
  },
  { written, 'one-listener': control },
)

async function written({ cluster, type, until }: Verbs): Promise<void> {
  await type(sealFile)

  const fresh = await cluster.startSpare()
  await until('the fresh node answers', async () => (await fresh.health()).status === 501)
  await type(initUnderKms, fresh)
  await cluster.dismiss(fresh)

  await cluster.workplace.startAsDesigned({
    configuration: designConfiguration,
    besides: LOCKS_NO_MEMORY,
  })
  await type(initScript)
}

/** What the second listener is to blame for, is not so without it; and what is wrong besides. */
async function control({ cluster, type }: Verbs): Promise<void> {
  await type(dataVolume)
  const configuration = oneListenerConfiguration
  await cluster.workplace.startAsDesigned({ configuration, besides: LOCKS_NO_MEMORY })
  await type(oneListener)
}
