import type { Fault } from '../harness/faults/fault.ts'
import { bucketNotThere, deniedStore } from '../harness/faults/object-answers.ts'
import { hiddenObject } from '../harness/faults/object-loss.ts'
import { flippedObject, olderObject, truncatedObject } from '../harness/faults/objects.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreVerify } from '../harness/procedures/restore-verify.ts'
import { verifyBackup } from '../harness/procedures/verify-backup.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  found: 'the weekly job fails, and says what is wrong',
  alarm: 'its alarm rings',
  good: 'a good backup is verified, and the alarm is off',
}
const RESTORED = { restored: 'the backup is restored beside the cluster, and is what it had' }
const REPLACED = {
  verified: 'an older backup under the name of the newest one is whole, and verified',
  compared: 'restored and compared, it lacks what was written between the two',
  alarm: 'its alarm rings',
}
const LACKS = /^NotAsBackedUp: .*, 1 \(tenants\/\S+\) are missing/

export const weeklyVerification = scenario(
  'The newest backup is looked at every week',
  {
    id: 'BK3',
    source: 'RB:182-199',
    hypothesis: 'What could not be restored is found, and what is wrong has a name.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    cluster: { aws: 'own' },
    objectives: (_multiplier, variant) => [
      checks({
        id: 'weekly',
        all: Object.values({ restored: RESTORED, replaced: REPLACED }[variant ?? ''] ?? FACTS),
        source: 'RB:182-199',
      }),
    ],
    deadline: minutes(3),
  },
  {
    restored: async ({ check, cluster, inspect, perform }) => {
      const name = cluster.freshName()
      const secrets = cluster.secrets()
      for (let i = 0; i < 20; i++) await secrets.write(`tenants/${name}/${i}`, { value: `${i}` })
      const access = await cluster.backupAccess()
      await perform(backup, { access, kind: 'daily' })
      await secrets.write(`tenants/${name}/0`, { value: 'changed since' })
      await secrets.write(`tenants/${name}/after`, { value: 'written since' })
      const { bucket } = access
      const under = `tenants/${name}`
      await perform(restoreVerify, { bucket, custody: cluster.custody, under })
      await check(RESTORED.restored, 1, () => inspect.backups(access).alarm('restored'))
    },
    replaced: async ({ check, cluster, inspect, perform }) => {
      const under = `tenants/${cluster.freshName()}`
      const secrets = cluster.secrets()
      const access = await cluster.backupAccess()
      const { bucket } = access
      const backups = inspect.backups(access)
      await secrets.write(`${under}/first`, { value: '1' })
      await perform(backup, { access, kind: 'daily' })
      await secrets.write(`${under}/second`, { value: '2' })
      await perform(backup, { access, kind: 'daily' })
      await backups.plantOlder()
      await perform(verifyBackup, { bucket })
      await check(REPLACED.verified, 1, () => backups.alarm('verified'))
      await check(REPLACED.compared, true, async () => {
        const given = { bucket, custody: cluster.custody, under }
        const said = await perform(restoreVerify, given).then(() => 'done', String)
        return LACKS.test(said) || said
      })
      await check(REPLACED.alarm, 0, () => backups.alarm('restored'))
    },
    truncated: damaged(([newest]) => [truncatedObject(newest)], /is no whole snapshot/),
    // A bit of the name in the header of gzip is no damage to what is in it.
    flipped: damaged(([newest]) => [flippedObject(newest)], /is no whole snapshot|was saved with/),
    older: damaged(([newest]) => [olderObject(newest)], /was saved with SHA-256/),
    hidden: damaged((all) => all.map((key) => hiddenObject(key)), /there is no backup in/),
    unlisted: damaged(() => [deniedStore()], /s3:ListObjectsV2 failed: AccessDenied/),
    'no-bucket': damaged(() => [bucketNotThere()], /s3:ListObjectsV2 failed: NoSuchBucket/),
  },
)

/** `damage` gets the keys of all backups in the bucket, the newest first. */
function damaged(
  damage: (keys: readonly string[]) => readonly Fault[],
  says: RegExp,
): ScenarioBody {
  return async ({ check, cluster, heal, inject, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const evidence = inspect.backups(access)
    const { bucket } = access
    await perform(backup, { access, kind: 'daily' })
    await perform(backup, { access, kind: 'daily' })

    // Symptom
    await inject(...damage(await evidence.keys()))
    await check(FACTS.found, true, async () => {
      const said = await perform(verifyBackup, { bucket }).then(() => 'done', String)
      return says.test(said) || said
    })
    await check(FACTS.alarm, 0, () => evidence.alarm('verified'))

    // Verification
    await heal()
    await perform(verifyBackup, { bucket })
    await check(FACTS.good, 1, () => evidence.alarm('verified'))
  }
}
