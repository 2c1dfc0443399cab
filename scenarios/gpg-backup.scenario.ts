import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreVerify } from '../harness/procedures/restore-verify.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  early: 'without the public key the job stops before it takes a snapshot, and says so',
  nothing: 'there is no object and no copy on the host',
  stored: 'with it there is one verified object, and its name says that it is encrypted',
  clear: 'nothing of the snapshot stands in clear in the object, not even that it is one',
  locked: 'without the private key a restore stops before it starts a server, and says so',
  other: 'with the private key of somebody else it stops there as well',
  equal: 'with the right one what is restored is what was saved, secret by secret',
}
const RECIPIENT = 'backup-restorers@alphapulse.io'

export const gpgBackup = scenario(
  'Backups are encrypted by GPG before they leave the host',
  {
    id: 'BK10',
    source: 'HLD:863',
    hypothesis: 'The round trip is equal, and whoever lacks a key is told before anything is done.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    cluster: { aws: 'own' },
    objectives: () => [checks({ id: 'gpg', all: Object.values(FACTS), source: 'HLD:863' })],
    deadline: minutes(4),
  },
  async ({ check, cluster, inspect, perform }) => {
    const under = `tenants/gpg-${cluster.freshName()}`
    for (let n = 0; n < 20; n++) await cluster.secrets().write(`${under}/${n}`, { value: `${n}` })
    const access = { ...(await cluster.backupAccess()), recipient: RECIPIENT }
    const backups = inspect.backups(access)
    const pair = await cluster.team.newKeyPair(RECIPIENT)
    const job = () => perform(backup, { access, kind: 'daily' }).then(() => 'done', String)
    const { bucket } = access
    const { custody } = cluster
    const restore = () =>
      perform(restoreVerify, { bucket, custody, under }).then(() => 'done', String)

    // Without a key
    await check(FACTS.early, `Refusal: wanted: the public key of ${RECIPIENT}`, async () => {
      return (await job()).split(';')[0]
    })
    await check(FACTS.nothing, [[], []], async () => [await backups.keys(), await backups.local()])

    // With the one that the host should have
    backups.give(pair, 'public')
    await check(FACTS.stored, ['done', true, true], async () => {
      const said = await job()
      const [object] = await backups.stored()
      return [said, object?.verified, object?.key.endsWith('.snap.gpg')]
    })
    await check(FACTS.clear, [], async () => {
      const [object] = await backups.stored()
      return backups.inClear(object?.key ?? '', ['SHA256SUMS.sealed', cluster.aws.key.id])
    })
    await check(FACTS.locked, true, async () => {
      const said = await restore()
      return /^Refusal: wanted: a private key that opens vault-snapshot-/.test(said) || said
    })

    await check(FACTS.other, true, async () => {
      backups.give(await cluster.team.newKeyPair(RECIPIENT), 'private')
      const said = await restore()
      return /^Refusal: wanted: a private key .* that of this host does not /.test(said) || said
    })

    // With the one from custody
    backups.give(pair, 'private')
    await check(FACTS.equal, ['done', 1], async () => [
      await restore(),
      await backups.alarm('restored'),
    ])
  },
)
