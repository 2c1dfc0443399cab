import { type CustodyRow, NotOpenable } from '../cluster/operator-custody.ts'
import type { Secret } from '../lib/secret.ts'
import type { Procedure } from './procedure.ts'

export type AuditKeyCustody = {
  readonly bucket: string
  /** Name of the secret in AWS Secrets Manager that holds the key shares. */
  readonly secret: string
  /** Older than every backup, or nobody could look into what is restored. */
  readonly token: Secret
  /** Number of the audit: its rows stand together in the report. */
  readonly audit: number
  readonly told?: (rows: readonly CustodyRow[]) => void
}

/**
 * Every backup that is kept against every key that is held: a backup whose key is gone, or
 * whose shares nobody has, is found here and not on the day on which it is needed.
 */
export const auditKeyCustody: Procedure<AuditKeyCustody> = {
  name: 'audit-key-custody',
  runbook: 'docs/runbook/audit-key-custody.md',
  async perform({ custody }, { bucket, secret, token, audit, told }, step) {
    const backups = await step('List the backups that are kept', () => custody.retained(bucket), {
      source: 'RB:81; HLD:860-862',
    })
    const generations = await step(
      'List the key shares that are kept, by generation',
      () => custody.generations(secret),
      { source: 'RB:229-232, 675-683' },
    )
    const rows = await step(
      'Restore each backup beside the cluster, and try every generation on it',
      async () => {
        const found: CustodyRow[] = []
        for (const each of backups) {
          found.push(await custody.examine(each, { audit, generations, token }))
        }
        return found
      },
    )
    await step('Say which of them nobody can open', async () => {
      told?.(rows)
      if (rows.some(({ opens }) => !opens)) throw new NotOpenable(rows)
    })
  },
}
