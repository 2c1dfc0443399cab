import { purgedSecret } from '../harness/faults/secrets.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { backup } from '../harness/procedures/backup.ts'
import { recoverSecrets } from '../harness/procedures/recover-secrets.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  told: 'the recovery says that no backup has it, and names the one that it looked into',
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
  async ({ check, cluster, inject, perform }) => {
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
    const told: string[] = []
    await check(FACTS.told, true, async () => {
      const said = await perform(recoverSecrets, given, { told }).then(() => 'done', String)
      const [cost = ''] = told
      const names = /^vault-snapshot-\d{8}-\d{6}\.snap: /.test(cost)
      return (names && / the backup has nothing that is missing$/.test(said)) || `${cost}; ${said}`
    })

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
