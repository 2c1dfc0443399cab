import { narrowed } from '../harness/faults/toxics.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreVerify } from '../harness/procedures/restore-verify.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  stored: 'there is one object, encrypted with the key for backups, and verified',
  local: 'the local copy can be read by its owner only',
  success: 'the job says that it succeeded',
  unfinished: 'no upload is left unfinished',
  hidden: 'no secret is in clear in the object',
  cut: 'restored, it has every write of before the snapshot and none of after it',
  repeated: 'a second backup is a second object',
}

export const backupJob = scenario(
  'The daily backup is taken while tenants write',
  {
    id: 'BK1',
    source: 'RB:85-151; HLD:843-863',
    hypothesis: 'One whole, encrypted object, and no client notices.',
    suites: ['smoke', 'nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'RB:85-151' }),
      checks({ id: 'backup', all: Object.values(FACTS), source: 'RB:85-151' }),
    ],
    mustObserve: ['writes-in-snapshot', 'write-acknowledged'],
    deadline: minutes(3),
  },
  async ({ check, cluster, heal, inject, inspect, perform }) => {
    const canary = `canary-${'must-not-be-seen'.repeat(2)}`
    await cluster.secrets().write('tenants/backup/canary', { value: canary })
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)

    // The line of the job is thin: the snapshot takes long enough for many writes.
    await inject(narrowed('operator->leader', 60))
    await perform(backup, { access, kind: 'daily' })
    await heal()

    const isVerified = async () => (await backups.stored()).map(({ verified }) => verified)
    await check(FACTS.stored, [true], isVerified)
    await check(FACTS.local, ['600'], async () =>
      (await backups.local()).map((file) => file.slice(-3)),
    )
    await check(FACTS.success, 'number', async () => typeof (await backups.success()))
    await check(FACTS.unfinished, 0, () => backups.unfinished())
    await check(FACTS.hidden, [], async () => {
      const [object] = await backups.stored()
      return backups.inClear(object?.key ?? '', [canary])
    })
    const { bucket } = access
    await perform(restoreVerify, { bucket, custody: cluster.custody, under: 'rpo' })
    await check(FACTS.cut, 1, () => backups.alarm('restored'))
    await perform(backup, { access, kind: 'daily' })
    await check(FACTS.repeated, [true, true], isVerified)
  },
)
