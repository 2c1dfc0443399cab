import { flippedData } from '../harness/faults/raft-files.ts'
import { deletedTenant } from '../harness/faults/secrets.ts'
import { hours, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreInPlace } from '../harness/procedures/restore-in-place.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  cluster: 'the cluster is the same one, by its id',
  before:
    'each node that is asked gives all that was written before the backup, the active one too',
  after: 'no node serves what was written after the backup',
}

export const inPlace = scenario(
  'The data is bad on all nodes, and the backup is restored to the running cluster',
  {
    id: 'RS4',
    source: 'RB:490-514; HLD:854-858',
    hypothesis: 'All three nodes serve the backup and nothing younger; nobody needs a new machine.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      rto({ within: minutes(15), people: 'added', source: 'HLD:882; RB:30' }),
      rpo({ within: hours(1), source: 'RB:31' }),
      checks({ id: 'restored', all: Object.values(FACTS), source: 'RB:507-509; HLD:854-858' }),
    ],
    mustObserve: ['bad-probe', 'write-lost-by-restore', 'read-from-each-node'],
    deadline: minutes(6),
  },
  {
    /** Each node has bits of its own that are wrong, as after a bad batch of disks. */
    unreadable: restoring(async ({ cluster, inject, until }) => {
      for (const node of [...(await cluster.standbys()), await cluster.leader()]) {
        await inject(flippedData(node, 20))
        await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
      }
    }),
    // A deployment has deleted what it should not have, which every node did faithfully, and the
    // next backup has it no more: whoever deployed it knows when that was.
    deleted: restoring(({ inject }, tenant) => inject(deletedTenant(tenant)), {
      backupSince: true,
    }),
  },
)

function restoring(
  spoil: (verbs: Verbs, tenant: string) => Promise<unknown>,
  { backupSince = false } = {},
): ScenarioBody {
  return async (verbs) => {
    const { check, cluster, dwell, inspect, perform } = verbs
    const tenant = `in-place-${cluster.freshName()}`
    const [path, later] = [`tenants/${tenant}`, `tenants/later-${tenant}`]
    const before = await inspect.clusterId()
    const canaries = await inspect.canaries(30, path)
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    await cluster.secrets().write(later, { text: 'written after the backup' })
    await dwell('writes after the backup', seconds(2))

    // Symptom
    const beforeMs = inspect.nowMs()
    await spoil(verbs, tenant)
    if (backupSince) await perform(backup, { access, kind: 'daily' })

    // Procedure
    const { nodes, custody } = cluster
    const { bucket } = access
    const given = { nodes, custody, bucket, under: path }
    await perform(restoreInPlace, backupSince ? { ...given, beforeMs } : given)

    // Verification
    await check(FACTS.cluster, before, () => inspect.clusterId())
    await check(FACTS.before, canaries.all, () => canaries.readable())
    await check(FACTS.after, [404, 404, 404], () => inspect.readOnEach(later))
  }
}
