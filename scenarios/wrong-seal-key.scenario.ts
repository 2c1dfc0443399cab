import type { Fault } from '../harness/faults/fault.ts'
import { keyDisabled, keyPendingDeletion } from '../harness/faults/kms-keys.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  refused: 'the restore is refused before anything is changed, because of the key',
  untouched: 'no node was started for it',
  back: 'with the key enabled the restore comes to its end',
}

export const wrongSealKey = scenario(
  'The cluster is lost, and the key that opens its backup is not enabled',
  {
    id: 'RS5',
    source: 'RB:330, 356; HLD:885',
    hypothesis: 'Nobody says "restored"; with the key back, the same procedure restores.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    cluster: { aws: 'own' },
    objectives: () => [checks({ id: 'key', all: Object.values(FACTS), source: 'RB:330, 356' })],
    deadline: minutes(6),
  },
  {
    disabled: without(keyDisabled, /Disabled/),
    'pending-deletion': without(keyPendingDeletion, /PendingDeletion/),
  },
)

function without(outage: () => Fault, says: RegExp): ScenarioBody {
  return async ({ check, cluster, heal, inject, perform }) => {
    const { nodes, custody } = cluster
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    const given = { nodes, custody, bucket: access.bucket }

    // Symptom
    const lost = outage()
    await inject(lost)
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    await check(FACTS.refused, true, () =>
      perform(restoreCluster, given).then(
        () => 'it came to its end',
        (error) => says.test(String(error)) || String(error),
      ),
    )
    await check(FACTS.untouched, 0, async () => {
      return Object.values(await cluster.processes()).filter(({ pid }) => pid > 0).length
    })
    await heal(lost)
    await check(FACTS.back, 3, async () => {
      await perform(restoreCluster, given)
      return cluster.healthyVoters()
    })
  }
}
