import { kmsRefused } from '../harness/faults/kms-links.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { backup } from '../harness/procedures/backup.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  refused: 'what the leader sends is not a snapshot, and the backup says so',
  nothing: 'no file is kept and nothing is stored',
  silent: 'the job does not say that it succeeded',
  again: 'the next backup is whole and verified',
}

const SAYS = /SnapshotIncomplete: .* bytes lack .*SHA256SUMS\.sealed/

export const backupKmsOutage = scenario(
  'The KMS is out of reach while a backup is made',
  {
    id: 'BK5',
    source: 'RB:112-122; HLD:885-889',
    hypothesis: 'Clients notice nothing, and no backup is made: the incomplete archive is refused.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'HLD:885-889' }),
      checks({ id: 'backup', all: Object.values(FACTS), source: 'RB:112-122' }),
    ],
    deadline: minutes(3),
  },
  async ({ check, cluster, heal, inject, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)

    // Symptom
    await inject(kmsRefused())
    await check(FACTS.refused, true, async () => {
      const said = await perform(backup, { access, kind: 'daily' }).then(() => 'done', String)
      return SAYS.test(said) || said
    })
    await check(FACTS.nothing, [[], []], async () => [
      await backups.local(),
      await backups.stored(),
    ])
    await check(FACTS.silent, 'never', () => backups.success())

    // Procedure
    await heal()
    await perform(backup, { access, kind: 'daily' })

    // Verification
    await check(FACTS.again, [true], async () =>
      (await backups.stored()).map(({ verified }) => verified),
    )
  },
)
