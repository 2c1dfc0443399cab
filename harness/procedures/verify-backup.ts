import { type Duration, hours } from '../lib/duration.ts'
import { fetchNewest } from './backup-steps.ts'
import type { Procedure } from './procedure.ts'

export type VerifyBackup = {
  readonly bucket: string
  /** 25 h unless said: a daily job and an hour. */
  readonly youngerThan?: Duration
}

/** The newest backup is looked at every week (corrected form of RB 3.3). */
export const verifyBackup: Procedure<VerifyBackup> = {
  name: 'verify-backup',
  runbook: 'docs/runbook/verify-backup.md',
  async perform({ checks }, { bucket, youngerThan = hours(25) }, step) {
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
      await step('Say that it was verified', () => checks.end(found, 'verified'), {
        source: 'RB:198',
      })
    } catch (error) {
      checks.alarm('verified')
      throw error
    }
  },
}
