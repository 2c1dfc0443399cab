import type { Fault } from '../harness/faults/fault.ts'
import { bucketNotThere, deniedStore } from '../harness/faults/object-answers.ts'
import { destroyedObject, hiddenObject } from '../harness/faults/object-loss.ts'
import { killed } from '../harness/faults/process.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const REFUSED = {
  refused: 'the restore stops before anything is changed, and says what is missing',
  untouched: 'no node was started for it',
}
const RESTORED = {
  told: 'the restore names the backup that it takes, and what it gives up with it',
  content: 'what that backup had is there again, and nothing younger',
}
const FACTS: Readonly<Record<string, readonly string[]>> = {
  older: Object.values(RESTORED),
  manual: Object.values(RESTORED),
}

export const snapshotMissing = scenario(
  'The cluster is lost, and the backup that is looked for is not there',
  {
    id: 'RS7',
    source: 'RB:191, 219, 452',
    hypothesis:
      'No bucket, none in it, none shown and none listed are told apart; else the newest is taken.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    cluster: { aws: 'own' },
    objectives: (_multiplier, variant = '') => [
      checks({
        id: 'choice',
        all: FACTS[variant] ?? Object.values(REFUSED),
        source: 'RB:191, 219',
      }),
    ],
    deadline: minutes(4),
  },
  {
    empty: refused((keys) => keys.map((key) => destroyedObject(key)), /there is no backup in \S+$/),
    hidden: refused(([newest]) => [hiddenObject(newest)], / is not the newest .* delete marker$/),
    unlisted: refused(() => [deniedStore()], /s3:ListObjectsV2 failed: AccessDenied/),
    'no-bucket': refused(() => [bucketNotThere()], /s3:ListObjectsV2 failed: NoSuchBucket/),
    older: restored(
      { kinds: ['daily', 'daily'], loses: ([newest]) => [destroyedObject(newest)] },
      { took: /^vault-snapshot-/, has: [200, 404, 404] },
    ),
    manual: restored(
      { kinds: ['daily', 'manual'], loses: () => [] },
      { took: /^manual\/vault-manual-/, has: [200, 200, 404] },
    ),
  },
)

/** Of the keys of all backups, the newest first. */
type Loss = (keys: readonly string[]) => readonly Fault[]

/** Two backups, the first when one secret was written, the second with two; then a third secret. */
async function twoBackups(
  { cluster, inspect, perform }: Verbs,
  kinds: readonly ('daily' | 'manual')[],
) {
  const path = `drill/missing-${cluster.freshName()}`
  const access = await cluster.backupAccess()
  const write = (n: number) => cluster.secrets().write(`${path}/${n}`, { text: `secret ${n}` })
  for (const [n, kind] of kinds.entries()) {
    await write(n)
    await perform(backup, { access, kind })
  }
  await write(kinds.length)
  const has = async () => {
    const secrets = cluster.secrets()
    const read = [...kinds, ''].map((_, n) => secrets.read(`${path}/${n}`))
    return (await Promise.all(read)).map(({ status }) => status)
  }
  return { bucket: access.bucket, keys: await inspect.backups(access).keys(), has }
}

function refused(loses: Loss, says: RegExp): ScenarioBody {
  return async (verbs) => {
    const { check, cluster, heal, inject, perform, until } = verbs
    const { nodes, custody } = cluster
    const { bucket, keys } = await twoBackups(verbs, ['daily', 'daily'])

    // Symptom; the disks are there, so that something is left to look at afterwards
    await inject(...loses(keys), ...nodes.map((node) => killed(node)))

    // Procedure
    await check(REFUSED.refused, true, async () => {
      const said = await perform(restoreCluster, { nodes, custody, bucket }).then(
        () => 'it came to its end',
        (error: Error) => error.message,
      )
      return says.test(said) || said
    })

    // Verification
    await check(REFUSED.untouched, 0, async () => {
      return Object.values(await cluster.processes()).filter(({ pid }) => pid > 0).length
    })
    await heal()
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }
}

function restored(
  { kinds, loses }: { readonly kinds: readonly ('daily' | 'manual')[]; readonly loses: Loss },
  { took, has: expected }: { readonly took: RegExp; readonly has: readonly number[] },
): ScenarioBody {
  return async (verbs) => {
    const { check, cluster, inject, perform } = verbs
    const { nodes, custody } = cluster
    const { bucket, keys, has } = await twoBackups(verbs, kinds)

    // Symptom
    await inject(...loses(keys), ...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    const told: string[] = []
    await perform(restoreCluster, { nodes, custody, bucket }, { told })

    // Verification
    await check(RESTORED.told, true, async () => {
      const [first = 'nothing'] = told
      return (
        (took.test(first) && /written in the last [\d.]+ m?s is not in it$/.test(first)) || first
      )
    })
    await check(RESTORED.content, expected, has)
  }
}
