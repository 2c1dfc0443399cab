import { purgedSecret } from '../harness/faults/secrets.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { backup } from '../harness/procedures/backup.ts'
import { recoverSecrets } from '../harness/procedures/recover-secrets.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  before: 'the recovery looks into the backup of before the loss, and says that it has it not',
  after: 'and into that of after it, when it is told so, with the same end',
  counted: 'it is lost, and is counted: one secret, written after the newest backup',
  others: 'nothing else has changed',
}

export const noSnapshotBefore = scenario(
  'A secret is written and deleted between two backups',
  {
    id: 'DL5',
    source: 'RB:526-528',
    hypothesis: 'Nobody can bring it back, and the recovery says so and changes nothing.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      noOutage({ source: 'RB:516-552' }),
      rpo({ lostWrites: 0, source: 'RB:516-552' }),
      checks({ id: 'told', all: Object.values(FACTS), source: 'RB:526-528' }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(4),
  },
  async ({ check, cluster, inject, inspect, perform }) => {
    const secrets = cluster.secrets()
    const tenant = `tenants/between-${cluster.freshName()}`
    const access = await cluster.backupAccess()
    await secrets.write(`${tenant}/before`, { value: 'in both backups' })
    await perform(backup, { access, kind: 'daily' })
    await secrets.write(`${tenant}/between`, { value: 'in none' })

    // Symptom
    await inject(purgedSecret(`${tenant}/between`))
    await perform(backup, { access, kind: 'daily' })

    // Procedure
    const { custody } = cluster
    const given = { under: `${tenant}/between`, among: 'tenants', bucket: access.bucket, custody }
    const [after, before] = await inspect.backups(access).keys()
    const looksInto = async (instant: { readonly beforeMs?: number }) => {
      const told: string[] = []
      const said = await perform(recoverSecrets, { ...given, ...instant }, { told }).then(
        () => 'it came to its end',
        String,
      )
      const key = /vault-snapshot-\d{8}-\d{6}\.snap/.exec(told.join(' '))?.[0]
      return [key, / the backup has nothing that is missing$/.test(said) || said]
    }
    await check(FACTS.before, [before, true], () => looksInto({}))
    await check(FACTS.after, [after, true], () => looksInto({ beforeMs: inspect.nowMs() }))

    // Verification
    await check(FACTS.counted, ['between'], async () => {
      const written = ['before', 'between']
      const read = await Promise.all(written.map((name) => secrets.read(`${tenant}/${name}`)))
      return written.filter((_, i) => read[i]?.status === 404)
    })
    await check(FACTS.others, { value: 'in both backups' }, async () => {
      return (await secrets.read(`${tenant}/before`)).data
    })
  },
)
