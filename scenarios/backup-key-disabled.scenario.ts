import { disabledObjectKey } from '../harness/faults/object-loss.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { verifyBackup } from '../harness/procedures/verify-backup.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  put: 'a new backup is refused by the name of the error',
  get: 'the one that is there cannot be fetched, by the same name',
  alarm: 'the alarm rings',
  back: 'with the key enabled again both work',
}

const SAYS = 'KMS.DisabledException'

export const backupKeyDisabled = scenario(
  'The key that encrypts the backups is disabled',
  {
    id: 'BK8',
    source: 'RB:127-128, 709',
    hypothesis: 'Nothing is stored without it, nothing is fetched, and both say why.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'key', all: Object.values(FACTS), source: 'RB:127-128, 709' })],
    deadline: minutes(3),
  },
  async ({ check, cluster, heal, inject, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const { bucket } = access
    const backups = inspect.backups(access)
    await perform(backup, { access, kind: 'daily' })
    const [stored] = await backups.stored()
    const saidBy = async (performed: Promise<unknown>) => {
      const said = await performed.then(() => 'done', String)
      return said.includes(SAYS) ? SAYS : said
    }

    // Symptom
    await inject(disabledObjectKey(stored?.key))
    await check(FACTS.put, SAYS, () => saidBy(perform(backup, { access, kind: 'manual' })))
    await check(FACTS.get, SAYS, () => saidBy(perform(verifyBackup, { bucket })))
    await check(FACTS.alarm, 0, () => backups.alarm('verified'))

    // Procedure
    await heal()
    await perform(backup, { access, kind: 'manual' })
    await perform(verifyBackup, { bucket })

    // Verification
    await check(FACTS.back, [2, 1], async () => [
      (await backups.stored()).length,
      await backups.alarm('verified'),
    ])
  },
)
