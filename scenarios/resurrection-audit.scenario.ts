import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { scenario } from '../harness/scenario.ts'

const KINDS = [
  'deleted alias',
  'deleted policy',
  'deleted secret',
  'destroyed secret',
  'destroyed secret id',
  'disabled login',
  'disabled mount',
  'purged secret',
  'revoked lease',
  'revoked token',
  'tightened policy',
]
const FACTS = {
  gone: 'what was taken away after the backup is gone before the loss',
  back: 'after the restore all of it can be used again',
  later: 'what was made only after the backup is gone',
}

export const resurrectionAudit = scenario(
  'A restore brings back what was revoked, deleted, disabled and tightened since',
  {
    id: 'RS8',
    source: 'RB:205-283',
    hypothesis: 'Each kind lives again, so whoever restores has to take it away once more.',
    suites: ['nightly', 'drill'],
    load: 'none',
    leaves: 'broken',
    objectives: () => [checks({ id: 'audit', all: Object.values(FACTS), source: 'RB:205-283' })],
    deadline: minutes(5),
  },
  async ({ check, cluster, inject, inspect, note, perform }) => {
    const { nodes, custody } = cluster
    const alive = (seen: Readonly<Record<string, boolean>>) =>
      KINDS.filter((kind) => seen[kind] === true)
    const before = await inspect.plant('audit-before')
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    await before.takeAway()
    const after = await inspect.plant('audit-after')
    await check(FACTS.gone, { before: [], after: KINDS }, async () => ({
      before: alive(await before.alive()),
      after: alive(await after.alive()),
    }))

    // Symptom
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    await perform(restoreCluster, { nodes, custody, bucket: access.bucket })

    // Verification
    await check(FACTS.back, KINDS, async () => alive(await before.alive()))
    await check(FACTS.later, [], async () => alive(await after.alive()))
    note(`alive again, to be taken away once more: ${alive(await before.alive()).join(', ')}`)
  },
)
