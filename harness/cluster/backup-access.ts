import { Kms, newKey } from '../aws/kms.ts'
import { seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { writePolicy } from '../vault/setup.ts'
import type { AwsPlace } from './aws-place.ts'

/** What the backup job is given (RB:102-106, 127-128): no more than it needs. */
export type BackupAccess = {
  readonly token: Secret
  /** Names the token and opens nothing. */
  readonly accessor: string
  readonly bucket: string
  /** ARN of the key that encrypts the objects; the seal has another. */
  readonly kmsKey: string
  /** Name of the GnuPG key for which backups are encrypted before they leave the host (HLD:863). */
  readonly recipient?: string
}

export const SNAPSHOT_PATH = 'sys/storage/raft/snapshot'

/**
 * The documents name a token and no policy for it (RB:103). A snapshot holds everything, but
 * encrypted: who has this token alone can read no secret and change nothing.
 */
const RIGHTS = {
  backup: `
path "${SNAPSHOT_PATH}" { capabilities = ["read"] }
path "sys/storage/raft/autopilot/state" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
`,
  /** All but the snapshot itself. */
  'health only': `
path "sys/storage/raft/autopilot/state" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
`,
}

export type BackupAccessOptions = {
  /** `backup` unless said. */
  readonly rights?: keyof typeof RIGHTS
  /** Of the token: `8s`, `24h`. */
  readonly ttl?: string
}

/** Set-up of the job: policy, token and key. @throws {VaultError} {AwsError} */
export async function makeBackupAccess(
  root: VaultClient,
  aws: AwsPlace,
  { rights = 'backup', ttl = '24h' }: BackupAccessOptions = {},
): Promise<BackupAccess> {
  const policy = `vault-${rights.replace(' ', '-')}`
  await writePolicy(root, { name: policy, rules: RIGHTS[rights], within: seconds(10) })
  const { body } = await root.request<{ auth: { client_token: string; accessor: string } }>(
    'POST',
    'auth/token/create',
    { body: { policies: [policy], ttl, no_default_policy: true }, within: seconds(10) },
  )
  const { client_token, accessor } = body.auth
  return {
    token: new Secret(client_token),
    accessor,
    bucket: aws.bucket,
    kmsKey: await backupKey(aws),
  }
}

/** Of each set-up a new one: whoever disables it harms no other. */
async function backupKey({ address }: AwsPlace): Promise<string> {
  const kms = await Kms.at(address)
  try {
    const key = newKey('alias/alphapulse-vault-backup')
    await kms.seed({ ...key, alias: `${key.alias}-${key.id}` })
    return (await kms.describe(key.id)).arn
  } finally {
    kms.close()
  }
}
