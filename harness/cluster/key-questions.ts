import { Kms } from '../aws/kms.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { resetUnseal, sealStatus, unseal } from '../vault/seal.ts'
import type { AwsPlace } from './aws-place.ts'

/** What scenarios ask about keys; every answer is a fact to compare. */

/** Id of the KMS key that the seal's alias points at. */
export async function sealKey({ address, key }: AwsPlace): Promise<string> {
  const kms = await Kms.at(address)
  try {
    return (await kms.describe(key.alias)).arn.split('/').at(-1) ?? ''
  } finally {
    kms.close()
  }
}

/** How a node answers these shares: `open`, `sealed, 2 of 3 given`, or a status and why. */
export async function unsealWith(
  client: VaultClient,
  shares: readonly Secret[],
  options: { readonly migrate?: boolean } = {},
): Promise<string> {
  try {
    await resetUnseal(client)
    for (const share of shares) await unseal(client, share, options)
    const { sealed, progress, threshold } = await sealStatus(client)
    return sealed ? `sealed, ${progress} of ${threshold} given` : 'open'
  } catch (error) {
    if (error instanceof VaultError) return `${error.status} ${error.errors.join('; ')}`
    throw error
  }
}
