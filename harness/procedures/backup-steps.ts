import type { Operator } from '../cluster/operator.ts'
import { type ChosenBackup, costOf, type WantedBackup } from '../cluster/operator-backup-checks.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import type { Step } from './procedure.ts'

/** What the procedures that use a backup have in common, in the same words. */

type Checks = Operator['checks']
type Sandbox = Operator['sandbox']

/**
 * The newest backup, or the newest of before an instant, in the operator's folder: whole, of no
 * newer server than those here, and openable as far as the KMS says.
 */
export async function fetchNewest(
  step: Step,
  checks: Checks,
  wanted: WantedBackup,
  sources: { readonly list: string; readonly fetch: string },
): Promise<ChosenBackup> {
  const found = await step('List the backups, and find the newest', () => checks.newest(wanted), {
    source: sources.list,
    tells: costOf,
  })
  const facts = await step(
    'Fetch it, and read it: it is whole, and the one that was saved',
    async () => {
      const facts = await checks.fetch(found)
      checks.seesVersion(facts)
      return facts
    },
    { source: sources.fetch },
  )
  await step('See that the KMS key is enabled which opens it', () => checks.seesKeys(facts))
  return found
}

/** The fetched backup on a server beside the cluster; gives a client with the token of its time. */
export async function restoreBeside(
  step: Step,
  sandbox: Sandbox,
  { file, token }: { readonly file: () => string; readonly token: () => Secret },
  sources: { readonly start?: string; readonly restore?: string } = {},
): Promise<VaultClient> {
  await step(
    'Start a server beside the cluster, with the same seal and an empty disk',
    () => sandbox.start(),
    sourced(sources.start),
  )
  await step('Initialise it, with keys that will be void', () => sandbox.initialize())
  await step('Restore the backup to it', () => sandbox.restore(file()), sourced(sources.restore))
  return step('Wait until the original token is known, and the throw-away one is not', () =>
    sandbox.untilInForce(token()),
  )
}

const sourced = (source: string | undefined) => (source === undefined ? {} : { source })
