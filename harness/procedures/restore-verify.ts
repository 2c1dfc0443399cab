import type { Custody } from '../cluster/custody.ts'
import { type Duration, hours } from '../lib/duration.ts'
import type { Procedure } from './procedure.ts'

export type RestoreVerify = {
  readonly bucket: string
  /** The token is older than the backup, or nobody could look into what is restored. */
  readonly custody: Pick<Custody, 'token'>
  /** Folder of the secrets that are compared. */
  readonly under: string
  readonly youngerThan?: Duration
}

/** The newest backup is restored beside the cluster and compared with it (what RB 3.3 leaves out). */
export const restoreVerify: Procedure<RestoreVerify> = {
  name: 'restore-verify',
  runbook: 'docs/runbook/restore-verify.md',
  async perform({ checks, sandbox }, { bucket, custody, under, youngerThan = hours(25) }, step) {
    try {
      const found = await step(
        'List the backups, and find the newest',
        () => checks.newest(bucket, youngerThan),
        { source: 'RB:191' },
      )
      const facts = await step(
        'Fetch it, and read it: it is whole, and the one that was saved',
        () => checks.fetch(found),
        { source: 'RB:192-193' },
      )
      await step('See that the KMS key is enabled which opens it', () => checks.seesKeys(facts))
      await step('Start a server beside the cluster, with the same seal and an empty disk', () =>
        sandbox.start(),
      )
      await step('Initialise it, with keys that will be void', () => sandbox.initialize())
      await step('Restore the backup to it', () => sandbox.restore(checks.fetched))
      const restored = await step(
        'Wait until the original token is known, and the throw-away one is not',
        () => sandbox.untilInForce(custody.token),
      )
      await step('Compare its secrets with those of the cluster, by their hashes', () =>
        sandbox.compare(restored, { under, fromMs: found.takenMs, toMs: found.savedMs }),
      )
      await step('Remove the server with its disk', () => sandbox.remove())
      await step('Say that it can be restored', () => checks.end(found, 'restored'))
    } catch (error) {
      await sandbox.remove()
      checks.alarm('restored')
      throw error
    }
  },
}
