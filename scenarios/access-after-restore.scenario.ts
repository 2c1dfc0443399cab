import { GRANTED, REFUSED } from '../harness/documents/tenant-answers.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { hours, minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  before: 'before the loss the younger login reads, and the token that was revoked does not',
  own: 'after the restore each tenant has its own secrets through every node',
  isolated: 'every reach for another tenant is refused through every node, as ever',
  younger: 'a token that is younger than the backup is refused, and so is its secret id',
  again: 'a login by the secret id that the backup knows gives a token that reads',
  revived: 'the token that was revoked after the backup reads again, so it has to be revoked again',
}

export const accessAfterRestore = scenario(
  'The cluster is restored from a backup that is older than some tokens',
  {
    id: 'AC5',
    source: 'HLD:392-408, 684-701; RB:205-283',
    hypothesis:
      'No tenant gets what is another one’s; who has a token of after the backup logs in.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      rpo({ within: hours(1), source: 'RB:31' }),
      checks({ id: 'access', all: Object.values(FACTS), source: 'HLD:392-408, 684-701' }),
    ],
    mustObserve: ['write-lost-by-restore', 'read-from-each-node'],
    deadline: minutes(5),
  },
  async ({ check, cluster, inject, note, perform, until }) => {
    const { nodes, custody } = cluster
    const names = [cluster.freshName(), cluster.freshName(), cluster.freshName()] as const
    const [a, b] = [await cluster.tenant(names[0]), await cluster.tenant(names[1])]
    const revoked = await cluster.tenant(names[2])
    await Promise.all([a.own(), b.own(), revoked.own()])
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    const younger = await cluster.tenant(names[0]) // the same tenant, with a secret id of its own
    await revoked.secrets().call('POST', 'auth/token/revoke-self')
    await check(FACTS.before, [200, 403], async () => [
      await younger.reads(),
      await revoked.reads(),
    ])

    // Symptom
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    await perform(restoreCluster, { nodes, custody, bucket: access.bucket })

    // Verification
    const onEach = <T>(ask: (node: (typeof nodes)[number]) => Promise<T>) =>
      Promise.all(nodes.map(ask))
    await until('every node serves both tenants', async () => {
      const read = [...(await onEach((at) => a.reads(at))), ...(await onEach((at) => b.reads(at)))]
      return read.every((status) => status === 200) && (await a.reads()) === 200
    })
    await check(FACTS.own, Array(3).fill(GRANTED), () => onEach((at) => a.own(at)))
    await check(FACTS.isolated, Array(6).fill(REFUSED), async () => [
      ...(await onEach((at) => a.trespass(b, at))),
      ...(await onEach((at) => b.trespass(a, at))),
    ])
    await check(FACTS.younger, [[403, 403, 403], 400], async () => [
      await onEach((at) => younger.reads(at)),
      await younger.logIn(),
    ])
    await check(FACTS.again, [200, 200], async () => [await a.logIn(), await a.reads()])
    await check(FACTS.revived, 200, () => revoked.reads())
    note(`alive again, to be revoked once more: the token of tenant ${revoked.id}`)
  },
)
