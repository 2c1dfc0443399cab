import { AwsError } from '../aws/emulator.ts'
import { Kms } from '../aws/kms.ts'
import type { S3 } from '../aws/s3.ts'
import type { Address } from '../lib/http.ts'
import { happened, notYet } from '../lib/until.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import {
  NEWEST,
  type ObjectPlace,
  type ObjectPlan,
  objectPlace,
  objectPlan,
  withS3,
} from './stored-object.ts'

/** Faults after which the store does not give an object: hidden, gone, its key off, its bucket gone. */

const HIDDEN: FaultKind<ObjectPlan> = {
  name: 'object-hidden',
  family: 'objects',
  does: 'the object is deleted as people delete it: a delete marker hides every version',
  witnessed: 'a head of its name answers 404, while the version of before is still listed',
  cannotShow: 'loss: the versions below the marker are there (see object-destroyed)',
  source: 'RB:217-220; HLD:862',
  final: false,
  targets: [NEWEST, '<key>'],
  parameters: {},
  needs: [],
  plan: (cluster, { target }) => objectPlan(cluster, target),
  async inject(_cluster, { aws, bucket, key }, { clock }) {
    return withS3(aws, async (s3) => {
      const issued = clock.now()
      await s3.remove(bucket, key)
      return { issued, proven: clock.now() }
    })
  },
  async witness(_cluster, { aws, bucket, key, version }) {
    return withS3(aws, async (s3) => {
      const head = await s3.head(bucket, key)
      if (head !== undefined) return notYet(`${key} answers with ${head.bytes} bytes`)
      const isListed = (await s3.versions(bucket, key)).some((each) => each.version === version)
      return isListed
        ? happened(`${key} answers 404; version ${version} is listed`)
        : notYet(`${key} answers 404, and version ${version} is gone as well`)
    })
  },
  async heal(_docker, plan) {
    await withS3(plan.aws, async (s3) => {
      for (const version of await markersOf(s3, plan)) {
        await s3.remove(plan.bucket, plan.key, { version })
      }
    })
  },
  async residue(_docker, plan) {
    const left = await withS3(plan.aws, (s3) => markersOf(s3, plan))
    return left.map((version) => `delete marker ${version} on ${plan.bucket}/${plan.key}`)
  },
}

const DESTROYED: FaultKind<ObjectPlan> = {
  name: 'object-destroyed',
  family: 'objects',
  does: 'every version of the object is deleted',
  witnessed: 'a head of its name answers 404 and the bucket lists no version of it',
  cannotShow: 'a store that lost it: this one was asked to',
  source: 'RB:217-220; HLD:862',
  final: true,
  targets: [NEWEST, '<key>'],
  parameters: {},
  needs: [],
  plan: (cluster, { target }) => objectPlan(cluster, target),
  async inject(_cluster, { aws, bucket, key }, { clock }) {
    return withS3(aws, async (s3) => {
      const versions = await s3.versions(bucket, key)
      const issued = clock.now()
      for (const { version } of versions) await s3.remove(bucket, key, { version })
      return { issued, proven: clock.now() }
    })
  },
  async witness(_cluster, { aws, bucket, key }) {
    return withS3(aws, async (s3) => {
      const [head, versions] = [await s3.head(bucket, key), await s3.versions(bucket, key)]
      return head === undefined && versions.length === 0
        ? happened(`${key} answers 404 and has no version`)
        : notYet(`${key} has ${versions.length} versions`)
    })
  },
  heal: async () => {},
  residue: async () => [],
}

type KeyPlan = FaultPlan & ObjectPlace & { readonly kmsKey: string }

const KEY_DISABLED: FaultKind<KeyPlan> = {
  name: 'object-key-disabled',
  family: 'objects',
  does: 'the KMS key that encrypts the object is disabled: the object can be neither read nor written again',
  witnessed: 'a get of the object is refused with the name of a KMS error, and its key is Disabled',
  cannotShow: 'that the bytes at rest are unreadable: the emulator stores them in clear',
  source: 'RB:127-128, 709',
  final: false,
  targets: [NEWEST, '<key>'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }) {
    const place = await objectPlace(cluster, target)
    const { bucket, key } = place
    const head = await withS3(place.aws, (s3) => s3.head(bucket, key))
    if (head === undefined) throw new CannotPlan(`there is no object ${key} in ${bucket}`)
    const { kmsKey } = head
    if (kmsKey === undefined) throw new CannotPlan(`${key} is not encrypted with a key of KMS`)
    if (kmsKey.endsWith(cluster.aws.key.id)) {
      throw new CannotPlan(`the key of ${key} is the seal's own: disabling it is another fault`)
    }
    return { ...place, target: key, touches: [cluster.aws.container], kmsKey }
  },
  async inject(_cluster, { aws, kmsKey }, { clock }) {
    return withKms(aws, async (kms) => {
      const issued = clock.now()
      await kms.disable(kmsKey)
      return { issued, proven: clock.now() }
    })
  },
  async witness(_cluster, { aws, bucket, key, kmsKey }) {
    const { state } = await withKms(aws, (kms) => kms.describe(kmsKey))
    const code = await withS3(aws, (s3) => refusalOf(s3.get(bucket, key)))
    return code?.startsWith('KMS') && state !== 'Enabled'
      ? happened(`a get of ${key} is refused with ${code}; its key is ${state}`)
      : notYet(`a get of ${key} ends with ${code ?? 'its content'}; its key is ${state}`)
  },
  async heal(_docker, { aws, kmsKey }) {
    await withKms(aws, (kms) => kms.enable(kmsKey))
  },
  async residue(_docker, { aws, kmsKey }) {
    const { state } = await withKms(aws, (kms) => kms.describe(kmsKey))
    return state === 'Enabled' ? [] : [`key ${kmsKey} is ${state}`]
  },
}

type BucketPlan = FaultPlan & {
  readonly aws: Address
  readonly bucket: string
  readonly objects: number
}

const BUCKET_MISSING: FaultKind<BucketPlan> = {
  name: 'bucket-missing',
  family: 'objects',
  does: 'the bucket is emptied of every version and deleted; wants an emulator of its own',
  witnessed: 'a listing and a put are refused with NoSuchBucket',
  cannotShow: 'a bucket out of reach: see s3-no-bucket, which can be healed',
  source: 'RB:436; HLD:862',
  final: true,
  targets: ['backups', '<bucket>'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }) {
    const { address: aws, bucket: backups, own, container } = cluster.aws
    if (!own) throw new CannotPlan('other clusters use this object store; it takes one of its own')
    const bucket = target === 'backups' ? backups : target
    const objects = await withS3(aws, (s3) => s3.list(bucket)).catch((error) => {
      if (error instanceof AwsError && error.code === 'NoSuchBucket') return undefined
      throw error
    })
    if (objects === undefined) throw new CannotPlan(`there is no bucket ${bucket}`)
    return { aws, bucket, target: bucket, touches: [container], objects: objects.length }
  },
  async inject(_cluster, { aws, bucket }, { clock }) {
    return withS3(aws, async (s3) => {
      const issued = clock.now()
      for (const { key, version } of await s3.allVersions(bucket)) {
        await s3.remove(bucket, key, { version })
      }
      await s3.removeBucket(bucket)
      return { issued, proven: clock.now() }
    })
  },
  async witness(_cluster, { aws, bucket, objects }) {
    return withS3(aws, async (s3) => {
      const listed = await refusalOf(s3.list(bucket))
      if (listed === undefined) return notYet(`${bucket} can be listed`)
      // Only where there is none, or a witness would leave something behind.
      const put = await refusalOf(s3.put(bucket, 'vault-drill-witness', 'seen'))
      return listed === 'NoSuchBucket' && put === 'NoSuchBucket'
        ? happened(`list and put are refused with NoSuchBucket; ${objects} objects are gone`)
        : notYet(`a list ends with ${listed}, a put with ${put ?? 'success'}`)
    })
  },
  heal: async () => {},
  residue: async () => [],
}

export const LOST_OBJECTS: readonly FaultKind[] = [HIDDEN, DESTROYED, KEY_DISABLED, BUCKET_MISSING]

/** A delete marker hides every version of it. */
export const hiddenObject = (key: string = NEWEST): Fault<ObjectPlan> => aimed(HIDDEN, key)

/** Every version of it is deleted. */
export const destroyedObject = (key: string = NEWEST): Fault<ObjectPlan> => aimed(DESTROYED, key)

/** The KMS key of the object is disabled. */
export const disabledObjectKey = (key: string = NEWEST): Fault<KeyPlan> => aimed(KEY_DISABLED, key)

/** The bucket is emptied and deleted; the cluster must have an emulator of its own. */
export const missingBucket = (bucket = 'backups'): Fault<BucketPlan> =>
  aimed(BUCKET_MISSING, bucket)

async function markersOf(
  s3: S3,
  { bucket, key }: Pick<ObjectPlace, 'bucket' | 'key'>,
): Promise<readonly string[]> {
  const versions = await s3.versions(bucket, key)
  return versions.filter(({ isMarker }) => isMarker).map(({ version }) => version)
}

async function withKms<T>(aws: Address, ask: (kms: Kms) => Promise<T>): Promise<T> {
  const kms = await Kms.at(aws)
  try {
    return await ask(kms)
  } finally {
    kms.close()
  }
}

/** AWS's name of the refusal; `undefined` when there is none. */
async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof AwsError) return error.code
    throw error
  }
}
