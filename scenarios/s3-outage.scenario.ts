import type { Fault } from '../harness/faults/fault.ts'
import { bucketNotThere, deniedStore, failingStore } from '../harness/faults/object-answers.ts'
import { cutUpload, refusedStore } from '../harness/faults/object-links.ts'
import { blackholed } from '../harness/faults/toxics.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  stops: 'the backup stops, and says what the store answered',
  nothing: 'nothing is in the store, whole or in parts',
  silent: 'the job does not say that it succeeded',
  kept: 'the local copy is kept',
  goesOn: 'performed again, it stores that copy and takes no other',
}

/** Bytes: less than the smallest snapshot has. */
const CUT_AFTER = 8192

export const s3Outage = scenario(
  'The object store is away while a backup is made',
  {
    id: 'BK4',
    source: 'RB:124-134',
    hypothesis:
      'The backup fails loudly and leaves nothing half done; the next attempt goes on with the snapshot.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'outage', all: Object.values(FACTS), source: 'RB:124-134' })],
    deadline: minutes(3),
  },
  {
    refused: without(() => refusedStore(), 's3:ListMultipartUploads failed: ECONNREFUSED'),
    blackhole: without(
      () => blackholed('operator->s3'),
      's3:ListMultipartUploads: no answer within 5.00 s',
    ),
    failing: without(() => failingStore(), 's3:ListMultipartUploads failed: SlowDown'),
    denied: without(() => deniedStore(), 's3:ListMultipartUploads failed: AccessDenied'),
    'no-bucket': without(() => bucketNotThere(), 's3:ListMultipartUploads failed: NoSuchBucket'),
    'mid-upload': without(() => cutUpload('operator', CUT_AFTER), 's3:PutObject failed: '),
  },
)

function without(outage: () => Fault, says: string): ScenarioBody {
  return async ({ check, cluster, heal, inject, inspect, perform }) => {
    const access = await cluster.backupAccess()
    const backups = inspect.backups(access)

    // Symptom
    await inject(outage())
    await check(FACTS.stops, says, async () => {
      const said = await perform(backup, { access, kind: 'daily' }).then(() => 'done', String)
      return said.includes(says) ? says : said
    })
    const copies = await backups.local()
    await check(FACTS.kept, 1, async () => copies.length)
    await check(FACTS.silent, 'never', () => backups.success())

    // Procedure
    await heal()
    await check(FACTS.nothing, [0, 0], async () => [
      (await backups.stored()).length,
      await backups.unfinished(),
    ])
    await perform(backup, { access, kind: 'daily' })

    // Verification
    await check(FACTS.goesOn, [copies, true], async () => [
      await backups.local(),
      (await backups.stored()).every(({ verified }) => verified),
    ])
  }
}
