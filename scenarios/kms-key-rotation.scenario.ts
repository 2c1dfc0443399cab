import { keyDisabled } from '../harness/faults/kms-keys.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreVerify } from '../harness/procedures/restore-verify.ts'
import { rollingRestart } from '../harness/procedures/rolling-restart.ts'
import { rotateKmsKey } from '../harness/procedures/rotate-kms-key.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  rotated: 'the rotation comes to its end',
  moved: 'the seal uses another key than before',
  before: 'a backup of before the rotation is restored while its key is enabled',
  readable: 'all canaries are readable through every node, each restarted without the old key',
  refused: 'a server refuses the backup of before once its key is disabled',
  after: 'a backup of after the rotation is restored without the old key',
}
const LOOKS_FIRST = 'See that the KMS key is enabled which opens it'

export const kmsKeyRotation = scenario(
  'The KMS key of the seal is replaced, because it may be compromised',
  {
    id: 'SL7',
    source: 'RB:412',
    hypothesis:
      'Nothing stored needs the old key afterwards, and no backup of before does without.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken', // its key is another than the cluster was started with
    objectives: () => [checks({ id: 'keys', all: Object.values(FACTS), source: 'RB:412' })],
    deadline: minutes(5),
  },
  async ({ check, cluster, inject, inspect, perform }) => {
    const ended = (performed: Promise<void>) => performed.then(() => 'done', String)
    const { custody, nodes } = cluster
    const old = cluster.aws.key.id
    const canaries = await inspect.canaries(100)
    const access = await cluster.backupAccess()
    const given = { bucket: access.bucket, custody, under: canaries.under }
    const restored = (omit?: string) =>
      ended(perform(restoreVerify, given, omit === undefined ? {} : { omit }))
    await perform(backup, { access, kind: 'daily' })

    // Procedure
    await check(FACTS.rotated, 'done', () =>
      ended(perform(rotateKmsKey, { custody: cluster.custody, admin: cluster.team.kmsAdmin })),
    )
    await check(FACTS.moved, false, async () => (await inspect.sealKey()) === old)
    await check(FACTS.before, 'done', () => restored())

    // Symptom
    await inject(keyDisabled(old))
    await perform(rollingRestart, { nodes, custody: cluster.custody })

    // Verification
    await check(FACTS.readable, canaries.all, () => canaries.readable())
    await check(FACTS.refused, true, async () => {
      const said = await restored(LOOKS_FIRST)
      return /different autoseal key/.test(said) || said
    })
    await perform(backup, { access, kind: 'daily' })
    await check(FACTS.after, 'done', () => restored())
  },
)
