import type { Fault } from '../harness/faults/fault.ts'
import { deletedTenant, destroyedSecret, purgedSecret } from '../harness/faults/secrets.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { backup } from '../harness/procedures/backup.ts'
import { recoverSecrets } from '../harness/procedures/recover-secrets.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  when: 'the audit logs of the nodes say when it was lost, and how much',
  older: 'the backup of before the loss is taken, and a younger one that has it no more is left',
  back: 'every secret that was lost is there again, whole',
  others: 'the other tenant has what it had, and what it wrote since the backup',
  only: 'in the whole mount these secrets are others than before the recovery, and no more',
}

export const surgicalPitr = scenario(
  'Secrets are lost for good, and come back alone from the last backup of before',
  {
    id: 'DL2',
    source: 'RB:516-552; HLD:582-596',
    hypothesis: 'Within 30 min what was lost is back, and nothing else has changed.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: (_multiplier, variant) => [
      noOutage({ source: 'RB:516-552' }),
      rpo({ lostWrites: 0, source: 'RB:516-552' }),
      rto({
        id: 'recovered-within',
        within: minutes(30),
        until: 'last-step',
        people: 'added',
        source: 'RB:30',
      }),
      checks({
        id: 'recovered',
        all: Object.values(FACTS).filter(
          (fact) => fact !== FACTS.older || variant === 'backup-since',
        ),
        source: 'RB:516-552; HLD:589',
      }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(5),
  },
  {
    purged: losing(1, (folder) => purgedSecret(`${folder}/0`)),
    destroyed: losing(1, (folder) => destroyedSecret(`${folder}/0`)),
    tenant: losing(100, (folder) => deletedTenant(folder.replace('tenants/', ''))),
    /** Nobody noticed before the next job: the newest backup has as little of it as the cluster. */
    'backup-since': losing(1, (folder) => purgedSecret(`${folder}/0`), { backupSince: true }),
  },
)

function losing(
  credentials: number,
  fault: (folder: string) => Fault,
  { backupSince = false } = {},
): ScenarioBody {
  return async ({ check, cluster, inject, inspect, perform }) => {
    const secrets = cluster.secrets()
    const [lost, other] = ['lost', 'other'].map((name) => `tenants/${name}-${cluster.freshName()}`)
    const valueFor = (n: number) => ({ api_key: `key ${n}`, n, secret: `secret ${n}` })
    for (let n = 0; n < credentials; n++) await secrets.write(`${lost}/${n}`, valueFor(n))
    await secrets.write(`${other}/0`, { api_key: 'before the backup' })
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    const [before] = await inspect.backups(access).keys()
    await secrets.write(`${other}/0`, { api_key: 'after the backup' })

    // Symptom
    await inject(fault(lost as string))
    if (backupSince) await perform(backup, { access, kind: 'daily' })
    const without = await inspect.mountPrint()

    // Procedure
    const under = credentials === 1 ? `${lost}/0` : (lost as string)
    const { custody } = cluster
    const given = { under, among: 'tenants', bucket: access.bucket, custody }
    const told: string[] = []
    await perform(recoverSecrets, given, { told })

    // Verification
    const [loss = 'nothing', cost = 'nothing'] = told
    await check(FACTS.when, `the first of ${credentials}, by the logs of vault-`, async () => {
      return /^\d{4}-\S+Z, (the first of \d+, by the logs of vault-)\d$/.exec(loss)?.[1] ?? loss
    })
    if (backupSince) {
      await check(FACTS.older, `${before}, 1 younger left aside`, async () => cost.split(':')[0])
    }
    await check(FACTS.back, [], async () => {
      const found = await Promise.all(
        Array.from({ length: credentials }, async (_, n) => {
          const { data } = await secrets.read(`${lost}/${n}`)
          return JSON.stringify(data) === JSON.stringify(valueFor(n)) ? [] : [n]
        }),
      )
      return found.flat()
    })
    await check(FACTS.others, { api_key: 'after the backup' }, async () => {
      return (await secrets.read(`${other}/0`)).data
    })
    const paths = Array.from({ length: credentials }, (_, n) => `${lost}/${n}`).toSorted()
    await check(FACTS.only, paths, async () =>
      inspect.changedBetween(without, await inspect.mountPrint()),
    )
  }
}
