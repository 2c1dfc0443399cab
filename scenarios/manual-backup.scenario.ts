import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  manual: 'both lie under manual/, each with its own copy',
  daily: 'the daily one lies beside them, and none is taken for the other',
}

export const manualBackup = scenario(
  'Somebody makes a backup before a change, and another one',
  {
    id: 'BK2',
    source: 'RB:154-180',
    hypothesis: 'Each is stored under manual/ as itself, however many files there are.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'manual', all: Object.values(FACTS), source: 'RB:154-180' })],
    deadline: minutes(3),
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
  },
)
