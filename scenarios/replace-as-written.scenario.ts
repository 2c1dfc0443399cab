import { findings } from '../harness/documents/block.ts'
import { joinReplacement, replaceNode } from '../harness/documents/replace-blocks.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

export const replaceAsWritten = scenario(
  'A lost node is replaced as the runbook has it',
  {
    id: 'HA12',
    source: 'RB:285-314',
    hypothesis: 'The replacement needs no key, and no word in its log tells that it has caught up.',
    suites: ['documents'],
    load: 'none',
    leaves: 'broken',
    cluster: { operator: 'shell' },
    objectives: () => [
      checks({ id: 'on-record', all: findings(joinReplacement), source: 'RB:302-313' }),
    ],
    deadline: minutes(4),
  },
  async ({ cluster, inject, type, until }) => {
    const [standby] = await cluster.standbys()
    if (standby === undefined) throw new RangeError('there is no standby')
    await inject(hostDestroyed(standby))
    await type(replaceNode, standby)
    await cluster.workplace.renewMachine(standby)
    await until('the new machine answers', async () => {
      return (await standby.health()).status === 501
    })
    await type(joinReplacement, standby)
  },
)
