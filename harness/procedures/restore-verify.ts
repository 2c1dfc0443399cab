import type { Custody } from '../cluster/custody.ts'
import { type Duration, hours } from '../lib/duration.ts'
import { fetchNewest, restoreBeside } from './backup-steps.ts'
import type { Procedure } from './procedure.ts'

export type RestoreVerify = {
  readonly bucket: string
  /** The token is older than the backup, or nobody could look into what is restored. */
  readonly custody: Custody
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
      const found = await fetchNewest(
        step,
        checks,
        { bucket, youngerThan },
        {
          list: 'RB:191',
          fetch: 'RB:192-193',
        },
      )
      const restored = await restoreBeside(step, sandbox, {
        file: () => checks.fetched,
        token: () => custody.token,
      })
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
