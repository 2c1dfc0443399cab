import { createHash } from 'node:crypto'
import { S3, type StoredObject } from '../aws/s3.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Address } from '../lib/http.ts'
import { CannotPlan, type FaultPlan } from './fault.ts'

/**
 * One object of the bucket as the faults find it. What is put in its place carries a tag, which
 * no reader of the object sees: so it is known again, by another process too, and the version
 * that is right is the newest one without it.
 */
export type ObjectPlan = FaultPlan & {
  readonly aws: Address
  readonly bucket: string
  readonly key: string
  /** The version that is right. */
  readonly version: string
  readonly bytes: number
  readonly sha256: string
}

export type ObjectPlace = Pick<ObjectPlan, 'aws' | 'bucket' | 'key'>

/** What people write for the object that was stored last. */
export const NEWEST = 'newest'
export const FAULT_TAG = 'vault-drill-fault'

export const sha256Of = (content: Uint8Array): string =>
  createHash('sha256').update(content).digest('hex')

export async function withS3<T>(aws: Address, ask: (s3: S3) => Promise<T>): Promise<T> {
  const s3 = await S3.at(aws)
  try {
    return await ask(s3)
  } finally {
    s3.close()
  }
}

/** `newest` is the one that was stored last in the cluster's bucket. @throws {CannotPlan} */
export async function objectPlace(cluster: Cluster, target: string): Promise<ObjectPlace> {
  const { address: aws, bucket } = cluster.aws
  if (target !== NEWEST) return { aws, bucket, key: target }
  const stored = await withS3(aws, (s3) => s3.list(bucket))
  // To the second; of two in one second it is the one whose name is later, by the date in it.
  const later = (a: StoredObject, b: StoredObject) =>
    b.storedAt.localeCompare(a.storedAt) || b.key.localeCompare(a.key)
  const [newest] = stored.toSorted(later)
  if (newest === undefined) throw new CannotPlan(`there is no object in ${bucket}`)
  return { aws, bucket, key: newest.key }
}

/** @throws {CannotPlan} when no version of it is right. */
export async function objectPlan(cluster: Cluster, target: string): Promise<ObjectPlan> {
  const place = await objectPlace(cluster, target)
  const { aws, bucket, key } = place
  return withS3(aws, async (s3) => {
    const [ours, versions] = await Promise.all([
      taggedVersions(s3, place),
      s3.versions(bucket, key),
    ])
    const right = versions.find(({ version, isMarker }) => !isMarker && !ours.includes(version))
    if (right === undefined) throw new CannotPlan(`there is no object ${key} in ${bucket}`)
    const { version } = right
    const content = await s3.get(bucket, key, { version })
    return {
      ...place,
      target: key,
      touches: [cluster.aws.container],
      version,
      bytes: content.length,
      sha256: sha256Of(content),
    }
  })
}

/** Those that a fault has put there. */
export async function taggedVersions(
  s3: S3,
  { bucket, key }: Pick<ObjectPlace, 'bucket' | 'key'>,
): Promise<readonly string[]> {
  const contents = (await s3.versions(bucket, key)).filter(({ isMarker }) => !isMarker)
  const tagged = contents.map(async ({ version }) => {
    const tags = await s3.tags(bucket, key, { version })
    return FAULT_TAG in tags ? [version] : []
  })
  return (await Promise.all(tagged)).flat()
}
