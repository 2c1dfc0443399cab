import { keyDisabled } from '../harness/faults/kms-keys.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { type AuditKeyCustody, auditKeyCustody } from '../harness/procedures/audit-key-custody.ts'
import { backup } from '../harness/procedures/backup.ts'
import { rotateKmsKey } from '../harness/procedures/rotate-kms-key.ts'
import { rotateRecoveryKeys } from '../harness/procedures/rotate-recovery-keys.ts'
import { scenario } from '../harness/scenario.ts'

type Rows = Parameters<NonNullable<AuditKeyCustody['told']>>[0]

const FACTS = {
  opens: 'with every KMS key enabled every backup opens but the one whose private key is not here',
  why: 'of that one the audit says that the private key is missing, and goes on to the next',
  shares: 'each backup that opens takes the shares of its own time, and no others',
  keys: 'two backups name the old KMS key, one the new one; what cannot be read names none',
  red: 'with the private key, and the old KMS key disabled, exactly what names that one is closed',
  loud: 'and the audit does not end well',
}

const RECIPIENT = 'backup-restorers@alphapulse.io'

export const sealCustody = scenario(
  'Backups of four times are held against all keys that are held today',
  {
    id: 'SL9',
    source: 'RB:229-232, 675-683',
    hypothesis: 'The audit says of each backup which keys open it, and a disabled key is seen.',
    suites: ['nightly', 'drill'],
    load: 'none',
    leaves: 'broken',
    // A bucket in which nobody else's backups are.
    cluster: { aws: 'own', custody: 'secrets-manager' },
    objectives: () => [
      checks({ id: 'custody', all: Object.values(FACTS), source: 'RB:229-232, 675-683' }),
    ],
    deadline: minutes(8),
  },
  async ({ check, cluster, inject, inspect, perform }) => {
    const kept = await cluster.team.keepShares()
    const access = await cluster.backupAccess()
    const old = cluster.aws.key.id
    const save = (more: { recipient?: string } = {}) =>
      perform(backup, { access: { ...access, ...more }, kind: 'daily' })
    const pair = await cluster.team.newKeyPair(RECIPIENT)
    const backups = inspect.backups({ ...access, recipient: RECIPIENT })
    backups.give(pair, 'public')
    await save()
    await perform(rotateRecoveryKeys, { kept, custody: cluster.custody })
    await save()
    await perform(rotateKmsKey, { custody: cluster.custody, admin: cluster.team.kmsAdmin })
    await save({ recipient: RECIPIENT })
    await save()
    const fresh = await inspect.sealKey()
    const { bucket } = access
    const given = { bucket, secret: kept.secret, token: cluster.custody.token }
    let rows: Rows = []
    const told = (found: Rows) => {
      rows = found
    }

    // Procedure
    const audited = (audit: number) =>
      perform(auditKeyCustody, { ...given, audit, told }).then(() => 'done', String)
    await check(FACTS.opens, [true, true, false, true], async () => {
      const said = await audited(1)
      return /1 of 4 backups cannot be opened/.test(said) ? rows.map(({ opens }) => opens) : said
    })
    await check(FACTS.why, true, async () => {
      const why = rows[2]?.why ?? 'there is no row'
      return /^wanted: a private key that opens .* has none/.test(why) || why
    })
    await check(FACTS.shares, [[1], [2], [], [2]], async () =>
      rows.map(({ shares }) => shares.filter(({ taken }) => taken).map((each) => each.generation)),
    )
    await check(FACTS.keys, [[old], [old], [], [fresh]], async () =>
      rows.map(({ kmsKeys }) => kmsKeys.map(({ id }) => id)),
    )

    // Symptom
    backups.give(pair, 'private')
    await inject(keyDisabled(old))

    // Verification
    await check(FACTS.loud, true, async () => {
      const said = await audited(2)
      return /2 of 4 backups cannot be opened/.test(said) || said
    })
    await check(FACTS.red, [false, false, true, true], async () => rows.map(({ opens }) => opens))
  },
)
