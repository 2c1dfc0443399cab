import type { Fault } from '../harness/faults/fault.ts'
import {
  flippedObject,
  memberlessObject,
  olderObject,
  truncatedObject,
} from '../harness/faults/objects.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  refused: 'the restore stops before anything is changed, and says why',
  untouched: 'no node was started for it',
  back: 'with the backup as it was saved the restore comes to its end',
  content: 'and brings back what was written before that backup',
}

export const snapshotCorrupt = scenario(
  'The cluster is lost, and its newest backup is not what was saved',
  {
    id: 'RS6',
    source: 'RB:118-122, 222-223',
    hypothesis: 'It is refused by what it is, not by a node that is half restored.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    objectives: () => [
      checks({ id: 'refused', all: Object.values(FACTS), source: 'RB:118-122, 222-223' }),
    ],
    deadline: minutes(6),
  },
  {
    empty: withBackup((key) => truncatedObject(key, 0), /SnapshotDamaged/),
    truncated: withBackup(truncatedObject, /SnapshotDamaged/),
    // A bit of the name in the header of gzip is no damage to what is in it.
    flipped: withBackup(flippedObject, /SnapshotDamaged|NotAsSaved/),
    'member-missing': withBackup((key) => memberlessObject(key), /SnapshotDamaged/),
    older: withBackup(olderObject, /NotAsSaved/),
  },
)

function withBackup(fault: (key: string) => Fault, says: RegExp): ScenarioBody {
  return async ({ check, cluster, heal, inject, inspect, perform }) => {
    const { nodes, custody } = cluster
    const path = `drill/corrupt-${cluster.freshName()}`
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    await cluster.secrets().write(path, { text: 'between the two backups' })
    await perform(backup, { access, kind: 'daily' })
    const newest = (await inspect.backups(access).stored()).at(-1)

    // Symptom
    const damage = fault(newest?.key ?? '')
    await inject(damage)
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    const given = { nodes, custody, bucket: access.bucket }
    await check(FACTS.refused, true, () =>
      perform(restoreCluster, given).then(
        () => 'it came to its end',
        (error: Error) => says.test(error.name) || `${error.name}: ${error.message}`,
      ),
    )
    await check(FACTS.untouched, 0, async () => {
      return Object.values(await cluster.processes()).filter(({ pid }) => pid > 0).length
    })
    await heal(damage)
    await check(FACTS.back, 3, async () => {
      await perform(restoreCluster, given)
      return cluster.healthyVoters()
    })

    // Verification
    await check(FACTS.content, 200, async () => (await cluster.secrets().read(path)).status)
  }
}
