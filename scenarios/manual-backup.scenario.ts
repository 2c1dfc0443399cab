import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreInPlace } from '../harness/procedures/restore-in-place.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  manual: 'both lie under manual/, each with its own copy',
  daily: 'the daily one lies beside them, and none is taken for the other',
  bad: 'after the change a tenant is refused what is its own',
  undone: 'restored from the backup of before, it has its rights again',
  cut: 'each node that is asked gives what was written before that backup, and nothing younger',
}

export const manualBackup = scenario(
  'Somebody makes a backup before a change, and the change is bad',
  {
    id: 'BK2',
    source: 'RB:154-180',
    hypothesis:
      'Each is stored under manual/ as itself, however many files there are, and undoes what came after.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    objectives: () => [checks({ id: 'manual', all: Object.values(FACTS), source: 'RB:154-180' })],
    deadline: minutes(5),
  },
  async ({ check, cluster, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)
    const kinds = async () =>
      (await backups.stored()).map(({ key }) => key.replace(/-\d{8}-\d{6}\.snap$/, ''))
    await perform(backup, { access, kind: 'manual' })
    await cluster.secrets().write('tenants/manual/changed', { by: 'somebody' })
    await perform(backup, { access, kind: 'manual' })
    await check(FACTS.manual, [Array(2).fill('manual/vault-manual'), 2], async () => [
      await kinds(),
      (await backups.local()).length,
    ])
    await perform(backup, { access, kind: 'daily' })
    const wanted = ['manual/vault-manual', 'manual/vault-manual', 'vault-snapshot']
    await check(FACTS.daily, wanted, kinds)

    // Symptom: the change for which somebody makes one more backup
    const tenant = await cluster.tenant(cluster.freshName())
    await tenant.own()
    const [before, after] = ['before', 'after'].map((when) => `tenants/${tenant.id}/${when}`)
    await cluster.secrets().write(before as string, { when: 'before the change' })
    await perform(backup, { access, kind: 'manual' })
    await cluster.secrets().call('PUT', `sys/policies/acl/${TENANT_POLICY}`, {
      policy: 'path "secret/*" { capabilities = ["deny"] }',
    })
    await cluster.secrets().write(after as string, { when: 'after the change' })
    await check(FACTS.bad, 403, () => tenant.reads())

    // Procedure
    const { nodes, custody } = cluster
    const { bucket } = access
    await perform(restoreInPlace, { nodes, custody, bucket, under: `tenants/${tenant.id}` })

    // Verification
    await check(FACTS.undone, 200, () => tenant.reads())
    await check(FACTS.cut, [Array(3).fill(200), Array(3).fill(404)], async () => [
      await inspect.readOnEach(before as string),
      await inspect.readOnEach(after as string),
    ])
  },
)

/** Of every tenant (HLD:392-408). */
const TENANT_POLICY = 'tenant-access'
