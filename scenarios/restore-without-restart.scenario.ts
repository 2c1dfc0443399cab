import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  fails: 'without the restart of the first node the procedure does not come to its end',
  sealed: 'the other nodes stay sealed',
  resumed: 'performed again, with the restart, the procedure ends well',
}
const RESTART = 'Restart the first node, and see it unseal by itself'

export const restoreWithoutRestart = scenario(
  'A restore leaves out the restart of the first node',
  {
    id: 'RS3',
    source: 'RB:239-257',
    hypothesis: 'The nodes that join stay sealed for good, as long as nobody restarts the first.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    objectives: () => [checks({ id: 'restart', all: Object.values(FACTS), source: 'RB:239-257' })],
    deadline: minutes(6),
  },
  async ({ check, cluster, holds, inject, perform }) => {
    const { nodes, custody } = cluster
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    const { bucket } = access

    // Symptom
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    await check(FACTS.fails, 'ends with an error', () =>
      perform(restoreCluster, { nodes, custody, bucket }, { omit: RESTART }).then(
        () => 'ends well',
        () => 'ends with an error',
      ),
    )

    // Verification
    await holds(FACTS.sealed, seconds(40), async () => {
      const healths = await Promise.all(nodes.slice(1).map((node) => node.health()))
      return healths.every(({ status }) => status === 503)
    })
    await check(FACTS.resumed, 3, async () => {
      await perform(restoreCluster, { nodes, custody, bucket })
      return cluster.healthyVoters()
    })
  },
)
