import { AwsError } from './aws/emulator.ts'
import { FileChanged, NotEncrypted } from './aws/object-files.ts'
import { ServerEnded } from './cluster/node.ts'
import { KeyAway, NoBackup, NotAsSaved, OtherSeal } from './cluster/operator-backup-checks.ts'
import { NotAsStored } from './cluster/operator-backups.ts'
import { NotOpenable } from './cluster/operator-custody.ts'
import { LeftInClear, NotInForce, NotRotated, WantsMoreShares } from './cluster/operator-keys.ts'
import { NotAsBackedUp } from './cluster/operator-sandbox.ts'
import { ChangedBeside, NodesDiffer, NotRecovered } from './cluster/operator-secrets.ts'
import { ShellFailed } from './cluster/operator-shell.ts'
import { WrittenByNewer } from './cluster/operator-snapshots.ts'
import { Refusal } from './cluster/refusal.ts'
import { NotKept } from './cluster/share-custody.ts'
import { ChildDied } from './lib/child.ts'
import { CommandFailed } from './lib/command.ts'
import { BadDuration } from './lib/duration.ts'
import { RequestFailed } from './lib/http.ts'
import { FileUnreadable } from './lib/regular-file.ts'
import { NeverHappened } from './lib/until.ts'
import { DrillFailed } from './procedures/monthly-drill.ts'
import { KeepsLeaving } from './procedures/see-joined.ts'
import { VaultError } from './vault/error.ts'
import { InitOutcomeUnknown } from './vault/init.ts'
import { TooFewShares } from './vault/root-token.ts'
import { SnapshotIncomplete } from './vault/snapshot.ts'
import { SnapshotDamaged } from './vault/snapshot-facts.ts'

/**
 * Whose doing it is that something came to an end before its time: of the cluster that is on
 * trial, as another machine would have seen it too, or of the machine, which means the engine, an
 * image, the emulator of AWS or a mistake of ours.
 */
export type Blame = 'cluster' | 'machine'

export type Kind = abstract new (...args: never[]) => Error

export type BlameRow = {
  readonly kind: Kind
  /** Where we asked, outside of any procedure. */
  readonly byUs: Blame
  /** In a step of a procedure, where the operator asked by the ways that an operator has. */
  readonly inStep: Blame | ((error: Error) => Blame)
}

const row = (kind: Kind, byUs: Blame, inStep: BlameRow['inStep'] = byUs): BlameRow => {
  return { kind, byUs, inStep }
}

/**
 * Every kind of error that a procedure can meet, but those of the stack, which are the machine's
 * throughout; a unit test knows when one is missing.
 */
export const BLAME: readonly BlameRow[] = [
  // What somebody looked for and did not find.
  ...[NeverHappened, ServerEnded].map((kind) => row(kind, 'cluster')),
  // A look that could not be made is put down to why: the emulator may be silent.
  row(Refusal, 'cluster', ({ cause }) => (cause === undefined ? 'cluster' : blameOf(cause, true))),
  // What of backup, key or data is not as it should be.
  ...[NoBackup, NotAsSaved, NotAsStored, NotAsBackedUp, FileChanged].map((k) => row(k, 'cluster')),
  ...[SnapshotDamaged, SnapshotIncomplete, WrittenByNewer].map((kind) => row(kind, 'cluster')),
  ...[KeyAway, OtherSeal, NotOpenable, NotEncrypted].map((kind) => row(kind, 'cluster')),
  ...[NotInForce, NotRotated, LeftInClear, NotKept].map((kind) => row(kind, 'cluster')),
  ...[TooFewShares, WantsMoreShares, KeepsLeaving].map((kind) => row(kind, 'cluster')),
  ...[NotRecovered, ChangedBeside, NodesDiffer, DrillFailed].map((kind) => row(kind, 'cluster')),
  // An answer that the operator did not want, or none at all: so the step has failed. When we get
  // it, we have asked the wrong thing or at the wrong time.
  row(VaultError, 'machine', 'cluster'),
  row(RequestFailed, 'machine', 'cluster'),
  // AWS is an emulator of ours: what it refuses is its part in the play, its silence is not.
  row(AwsError, 'machine', (error) => ((error as AwsError).isRefusal ? 'cluster' : 'machine')),
  // Nobody knows whether it was applied, and only another disk helps (product.md §3).
  row(InitOutcomeUnknown, 'machine'),
  ...[ShellFailed, BadDuration].map((kind) => row(kind, 'machine')),
  ...[ChildDied, CommandFailed, FileUnreadable].map((kind) => row(kind, 'machine')),
]

/** What is in no row, a `TypeError` or a full disk, nobody has thought of: that is ours. */
export function blameOf(error: unknown, isInStep: boolean): Blame {
  const found = BLAME.find(({ kind }) => error instanceof kind)
  if (found === undefined) return 'machine'
  const { byUs, inStep } = found
  if (!isInStep) return byUs
  return typeof inStep === 'function' ? inStep(error as Error) : inStep
}
