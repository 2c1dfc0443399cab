import type { Fault } from '../harness/faults/fault.ts'
import { keyDisabled, keyPendingDeletion } from '../harness/faults/kms-keys.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  refused: 'the restore is refused before anything is changed, because of the key',
  untouched: 'no node was started for it',
  back: 'with the key enabled the restore comes to its end',
}
/** Which seal runs, and what the snapshot is of. */
const UNDER_KMS = {
  sameKey: 'awskms, a snapshot of the same key',
  otherKey: 'awskms with another key, a snapshot whose key is enabled',
  disabled: 'awskms with another key, a snapshot whose key is disabled, then enabled',
  pendingDeletion: 'awskms with another key, a snapshot whose key is to be deleted, then is not',
  standby: 'awskms, sent to a standby',
}
const UNDER_SHAMIR = {
  sameShares: 'Shamir, a snapshot of the same cluster and shares',
  rekeyed: 'Shamir after a rekey, a snapshot of before it',
  otherShares: 'Shamir, a snapshot of another cluster',
  kmsUnderShamir: 'Shamir, a snapshot of an awskms cluster',
  shamirUnderKms: 'awskms, a snapshot of a Shamir cluster',
}
const CELLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cells-awskms': UNDER_KMS,
  'cells-shamir': UNDER_SHAMIR,
}

export const wrongSealKey = scenario(
  'A backup is to be restored, and the key that opens it is not the one that is there',
  {
    id: 'RS5',
    source: 'RB:330, 356; HLD:885',
    hypothesis:
      'Nobody says "restored" of what is not: with the right key the same procedure restores, and a server that took a snapshot without it is sealed.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    cluster: { aws: 'own' },
    objectives: (_multiplier, variant = '') => [
      checks({
        id: 'key',
        all: Object.values(CELLS[variant] ?? FACTS),
        source: 'RB:330, 356',
      }),
    ],
    deadline: minutes(6),
  },
  {
    disabled: without(keyDisabled, /Disabled/),
    'pending-deletion': without(keyPendingDeletion, /PendingDeletion/),
    'cells-awskms': underKms,
    'cells-shamir': underShamir,
  },
)

function without(outage: () => Fault, says: RegExp): ScenarioBody {
  return async ({ check, cluster, heal, inject, perform }) => {
    const { nodes, custody } = cluster
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    const given = { nodes, custody, bucket: access.bucket }

    // Symptom
    const lost = outage()
    await inject(lost)
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure
    await check(FACTS.refused, true, () =>
      perform(restoreCluster, given).then(
        () => 'it came to its end',
        (error) => says.test(String(error)) || String(error),
      ),
    )
    await check(FACTS.untouched, 0, async () => {
      return Object.values(await cluster.processes()).filter(({ pid }) => pid > 0).length
    })
    await heal(lost)
    await check(FACTS.back, 3, async () => {
      await perform(restoreCluster, given)
      return cluster.healthyVoters()
    })
  }
}

async function underKms({ check, heal, inject, inspect }: Verbs): Promise<void> {
  const cells = await inspect.restoreCells()
  const { expected } = cells
  await check(UNDER_KMS.sameKey, expected.sameKey, () => cells.sameKey())
  await check(UNDER_KMS.otherKey, expected.otherKey, () => cells.otherKey())
  for (const [cell, outage] of [
    ['disabled', keyDisabled],
    ['pendingDeletion', keyPendingDeletion],
  ] as const) {
    const lost = outage()
    const key = { lose: () => inject(lost), regain: () => heal(lost) }
    await check(UNDER_KMS[cell], expected[cell], () => cells.lostKey(key))
    await heal(lost)
  }
  await check(UNDER_KMS.standby, expected.standby, () => cells.standby())
}

async function underShamir({ check, inspect }: Verbs): Promise<void> {
  const cells = await inspect.restoreCells()
  const { expected } = cells
  await check(UNDER_SHAMIR.sameShares, expected.sameShares, () => cells.sameShares())
  await check(UNDER_SHAMIR.rekeyed, expected.rekeyed, () => cells.rekeyed())
  await check(UNDER_SHAMIR.otherShares, expected.otherShares, () => cells.otherShares())
  await check(UNDER_SHAMIR.kmsUnderShamir, expected.kmsUnderShamir, () => cells.kmsUnderShamir())
  await check(UNDER_SHAMIR.shamirUnderKms, expected.shamirUnderKms, () => cells.shamirUnderKms())
}
