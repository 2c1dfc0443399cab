import type { BackupAccess } from '../cluster/backup-access.ts'
import { sayMetric } from '../cluster/backup-metrics.ts'
import type { Custody } from '../cluster/custody.ts'
import type { Node } from '../cluster/node.ts'
import { orRefuse } from '../cluster/refusal.ts'
import { wallClockMs } from '../lib/clock.ts'
import { formatDuration, minutes } from '../lib/duration.ts'
import { backup } from './backup.ts'
import type { Performed, Procedure } from './procedure.ts'
import { restoreCluster } from './restore-cluster.ts'

export type MonthlyDrill = {
  /** All of the staging cluster. */
  readonly nodes: readonly Node[]
  readonly custody: Custody
  readonly access: BackupAccess
  /** Takes the staging cluster away with its disks; in production nobody has such a thing. */
  readonly destroy: () => Promise<unknown>
  /** False: nobody has decided before, so the restore waits for people, and the drill fails. */
  readonly rehearsed?: boolean
}

/** RB:636. */
export const DRILL_TENANTS = 100
/** RB:641, 645. */
const IN_TIME = minutes(30)

/**
 * Every first Monday in staging: a cluster is destroyed and comes back from its backup, with all
 * it had, in time and without anybody doing anything (corrected form of RB 8.1).
 */
export const monthlyDrill: Procedure<MonthlyDrill> = {
  name: 'monthly-drill',
  runbook: 'docs/runbook/monthly-drill.md',
  async perform(operator, { nodes, custody, access, destroy, rehearsed = true }, step, within) {
    const { secrets, notes } = operator
    await step(
      'See the staging cluster up, all voters healthy',
      () => orRefuse(() => operator.seesHealthyVoters()),
      {
        source: 'RB:635',
      },
    )
    const credentials = await step(
      'Populate it with the credentials of 100 tenants',
      () => secrets.populate(DRILL_TENANTS),
      { source: 'RB:636' },
    )
    await step('Take a backup', () => within(backup, { access, kind: 'daily' }), {
      source: 'RB:637',
    })
    await step('Destroy the cluster with its disks', destroy, { source: 'RB:638' })
    const restored = await step(
      'Restore it from the backup',
      () => within(restoreCluster, { nodes, custody, bucket: access.bucket, rehearsed }),
      { source: 'RB:639' },
    )
    await step(
      'Read all credentials, and compare their hashes',
      () => secrets.seesCopied(credentials),
      {
        source: 'RB:640, 646',
        tells: () => `all ${credentials.size} credentials are what they were`,
      },
    )
    await step(
      'See that it took less than 30 min, and that nobody had to do anything',
      async () => judged(restored),
      {
        source: 'RB:641, 645, 647',
        tells: () => `restored in ${formatDuration(restored.took)}, no step of people`,
      },
    )
    await step(
      'Write down how it went',
      async () =>
        sayMetric(notes, 'vault_restore_drill_timestamp', Math.floor(wallClockMs() / 1000)),
      { source: 'RB:642' },
    )
  },
}

function judged({ took, byPeople }: Performed): void {
  if (took.ms >= IN_TIME.ms) throw new DrillFailed(`it took ${formatDuration(took)}`)
  if (byPeople.length > 0) throw new DrillFailed(`people had to: ${byPeople.join(', ')}`)
}

/** Everything came back, and still not as the drill demands it. */
export class DrillFailed extends Error {
  override readonly name = 'DrillFailed'
  constructor(seen: string) {
    super(
      `wanted: a restore in less than ${formatDuration(IN_TIME)} without a step of people; seen: ${seen}`,
    )
  }
}
