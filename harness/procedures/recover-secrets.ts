import type { Custody } from '../cluster/custody.ts'
import { tellLoss } from '../cluster/operator-audit.ts'
import { type Duration, hours, minutes } from '../lib/duration.ts'
import { fetchNewest, restoreBeside } from './backup-steps.ts'
import { byPeople, type Procedure } from './procedure.ts'

export type RecoverSecrets = {
  /** A secret, or a folder of them: a tenant's. */
  readonly under: string
  /** Where nothing else may change: the folder that all tenants are in. */
  readonly among: string
  readonly bucket: string
  readonly custody: Custody
  /** When they were lost, where that is known; else the audit logs tell. */
  readonly beforeMs?: number
  /** How much older than the loss the backup may be. */
  readonly youngerThan?: Duration
}

/**
 * Secrets whose data is gone come back from the last backup of before that, and nothing else does
 * (corrected form of RB 6.3, whose search in one node's log finds nothing). The backup is restored
 * beside the cluster; whole secrets are copied, where the document writes two fields of them, and
 * "null" into these.
 */
export const recoverSecrets: Procedure<RecoverSecrets> = {
  name: 'recover-secrets',
  runbook: 'docs/runbook/recover-secrets.md',
  async perform(
    { audit, checks, sandbox, secrets },
    { under, among, bucket, custody, beforeMs, youngerThan = hours(25) },
    step,
  ) {
    try {
      const before = await step('Note what is there, as hashes', () => secrets.fingerprint(among))
      const loss = await step(
        'Find in the audit logs of all nodes when they were lost',
        () => audit.lossOf(under, beforeMs),
        { source: 'RB:521-524', tells: tellLoss },
      )
      await fetchNewest(
        step,
        checks,
        { bucket, youngerThan, beforeMs: loss.firstMs },
        {
          list: 'RB:526-528',
          fetch: 'RB:526-528',
        },
      )
      await step('Have their owner decide that they come back as of then', byPeople, {
        source: 'RB:518-519',
        people: minutes(5),
      })
      const restored = await restoreBeside(
        step,
        sandbox,
        { file: () => checks.fetched, token: () => custody.token },
        { start: 'RB:530-531', restore: 'RB:532' },
      )
      const copied = await step(
        'Copy what is missing, whole and with check-and-set',
        () => secrets.copyMissing(restored, under),
        { source: 'RB:534-540' },
      )
      await step('Read the copies, and compare their hashes', () => secrets.seesCopied(copied), {
        source: 'RB:542-552',
      })
      await step('See that nothing else has changed', () =>
        secrets.seesNothingElseChanged(among, before, copied.keys()),
      )
      await step('Remove the server with its disk', () => sandbox.remove())
    } catch (error) {
      await sandbox.remove()
      throw error
    }
  },
}
