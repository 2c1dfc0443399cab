import { NotEncrypted } from './aws/object-files.ts'
import { KeyAway, NoBackup, NotAsSaved, OtherSeal } from './cluster/operator-backup-checks.ts'
import { NotAsStored } from './cluster/operator-backups.ts'
import { NotOpenable } from './cluster/operator-custody.ts'
import { LeftInClear, NotInForce, NotRotated } from './cluster/operator-keys.ts'
import { NotAsBackedUp } from './cluster/operator-sandbox.ts'
import { ChangedBeside, NodesDiffer, NotRecovered } from './cluster/operator-secrets.ts'
import { WrittenByNewer } from './cluster/operator-snapshots.ts'
import { Refusal } from './cluster/refusal.ts'
import { FaultUnavailable } from './faults/bring-about.ts'
import type { Journal } from './journal/journal.ts'
import { type Duration, formatDuration } from './lib/duration.ts'
import { NeverHappened } from './lib/until.ts'
import { LoadFailed } from './probes/load-failed.ts'
import { DrillFailed } from './procedures/monthly-drill.ts'
import { TooFewShares } from './vault/root-token.ts'
import { SnapshotIncomplete } from './vault/snapshot.ts'
import { SnapshotDamaged } from './vault/snapshot-facts.ts'

/** How a scenario can come to an end before its time, and what the journal says of it. */

/** A stop by the user is no error; a finding is none of the machine's; the rest is infrastructure. */
export function recordFailure(journal: Journal, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) journal.record('aborted', { why: messageOf(signal.reason) })
  else if (error instanceof FaultUnavailable) journal.record('skipped', { why: error.message })
  else {
    const isFinding = FINDINGS.some((kind) => error instanceof kind)
    const infrastructure = error instanceof LoadFailed ? error.infrastructure : !isFinding
    journal.record('error', { message: messageOf(error), infrastructure })
  }
}

/** The cluster did not come up; why, in its message. */
export class NoCluster extends Error {
  override readonly name = 'NoCluster'
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/** The body was still busy when its time was up. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
  constructor(limit: Duration) {
    super(`the scenario's body was not done after ${formatDuration(limit)}`)
  }
}

/** The same abort with an error of ours: a `DOMException` prints 25 numeric codes. */
export function withReason(signal: AbortSignal, limit: Duration): AbortSignal {
  const controller = new AbortController()
  signal.addEventListener('abort', () => controller.abort(new DeadlinePassed(limit)), {
    once: true,
  })
  return controller.signal
}

/**
 * A wait that expired, and what a procedure saw of backup, key or cluster and stopped for: another
 * machine would have seen the same.
 */
const FINDINGS = [
  ...[NeverHappened, DeadlinePassed, Refusal],
  ...[NoBackup, NotAsSaved, NotAsStored, NotAsBackedUp, KeyAway, OtherSeal, NotOpenable],
  ...[SnapshotDamaged, SnapshotIncomplete, NotRecovered, ChangedBeside, NodesDiffer],
  ...[NotInForce, NotRotated, LeftInClear, TooFewShares, DrillFailed, NotEncrypted],
  WrittenByNewer,
]

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
