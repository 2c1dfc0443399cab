import type { S3Client } from '@aws-sdk/client-s3'
import type { Address } from '../lib/http.ts'
import { type AwsCallOptions, AwsError, awsCall, clientSettings } from './emulator.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

export type StoredObject = {
  readonly key: string
  readonly bytes: number
  /** RFC 3339. */
  readonly storedAt: string
}

export type ObjectHead = {
  readonly bytes: number
  readonly version: string
  readonly metadata: Readonly<Record<string, string>>
  /** ARN of the key that encrypts it; absent: the store's own. */
  readonly kmsKey?: string
}

export type ObjectVersion = {
  readonly key: string
  readonly version: string
  readonly bytes: number
  /** RFC 3339. */
  readonly storedAt: string
  /** A delete marker: it has no content, and hides what is below it. */
  readonly isMarker: boolean
  readonly isLatest: boolean
}

export type PutOptions = AwsCallOptions & {
  readonly metadata?: Readonly<Record<string, string>>
  /** Seen only by those who ask for tags: no reader of the object notices them. */
  readonly tags?: Readonly<Record<string, string>>
  /** Id or ARN of the key that encrypts it; the emulator understands no alias here. */
  readonly kmsKey?: string
}

/** The object store of the emulator. Every call throws {AwsError} when it fails. */
export class S3 {
  readonly #sdk: Sdk
  readonly #client: S3Client

  private constructor(sdk: Sdk, address: Address) {
    this.#sdk = sdk
    // By name in the path: `bucket.localhost` would have to resolve.
    this.#client = new sdk.S3Client({ ...clientSettings(address), forcePathStyle: true })
  }

  static async at(address: Address): Promise<S3> {
    return new S3(await import('@aws-sdk/client-s3'), address)
  }

  /** A bucket that keeps every version of an object (HLD:860-862). */
  async createBucket(bucket: string, options: AwsCallOptions = {}): Promise<void> {
    const create = new this.#sdk.CreateBucketCommand({ Bucket: bucket })
    await awsCall('s3:CreateBucket', (limit) => this.#client.send(create, limit), options)
    const version = new this.#sdk.PutBucketVersioningCommand({
      Bucket: bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    })
    await awsCall('s3:PutBucketVersioning', (limit) => this.#client.send(version, limit), options)
  }

  /** Gives the new version's id. */
  async put(
    bucket: string,
    key: string,
    body: string | Uint8Array,
    { metadata = {}, tags, kmsKey, ...options }: PutOptions = {},
  ): Promise<string> {
    const put = new this.#sdk.PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      Metadata: { ...metadata },
      ...(tags === undefined ? {} : { Tagging: new URLSearchParams({ ...tags }).toString() }),
      ...(kmsKey === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey }),
    })
    const { VersionId } = await awsCall(
      's3:PutObject',
      (limit) => this.#client.send(put, limit),
      options,
    )
    return VersionId ?? ''
  }

  /** The newest version, or the one asked for. */
  async get(
    bucket: string,
    key: string,
    { version, ...options }: AwsCallOptions & { version?: string } = {},
  ): Promise<Buffer> {
    const get = new this.#sdk.GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version })
    const bytes = await awsCall(
      's3:GetObject',
      async (limit) => {
        const { Body } = await this.#client.send(get, limit)
        return Body?.transformToByteArray() // under the same deadline
      },
      options,
    )
    return Buffer.from(bytes ?? [])
  }

  /** `undefined` when there is no such object. */
  async head(
    bucket: string,
    key: string,
    options: AwsCallOptions = {},
  ): Promise<ObjectHead | undefined> {
    const head = new this.#sdk.HeadObjectCommand({ Bucket: bucket, Key: key })
    try {
      const { ContentLength, VersionId, Metadata, SSEKMSKeyId } = await awsCall(
        's3:HeadObject',
        (limit) => this.#client.send(head, limit),
        options,
      )
      return {
        bytes: ContentLength ?? 0,
        version: VersionId ?? '',
        metadata: Metadata ?? {},
        ...(SSEKMSKeyId === undefined ? {} : { kmsKey: SSEKMSKeyId }),
      }
    } catch (error) {
      if (error instanceof AwsError && error.status === 404) return undefined
      throw error
    }
  }

  /** All objects whose key begins so, in the order of their keys. */
  async list(
    bucket: string,
    { prefix = '', ...options }: AwsCallOptions & { prefix?: string } = {},
  ): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = []
    let next: string | undefined
    do {
      const list = new this.#sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ContinuationToken: next,
      })
      const page = await awsCall(
        's3:ListObjectsV2',
        (limit) => this.#client.send(list, limit),
        options,
      )
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        found.push({
          key: Key ?? '',
          bytes: Size ?? 0,
          storedAt: LastModified?.toISOString() ?? '',
        })
      }
      next = page.NextContinuationToken
    } while (next !== undefined)
    return found
  }

  /** Every version of one object and its delete markers, the newest first. */
  async versions(
    bucket: string,
    key: string,
    options: AwsCallOptions = {},
  ): Promise<readonly ObjectVersion[]> {
    const found = (await this.allVersions(bucket, { prefix: key, ...options })).filter(
      (each) => each.key === key,
    )
    // The times have whole seconds only, and both lists of the answer are in order already.
    return found.toSorted(
      (a, b) =>
        Number(b.isLatest) - Number(a.isLatest) ||
        b.storedAt.localeCompare(a.storedAt) ||
        Number(b.isMarker) - Number(a.isMarker),
    )
  }

  /** Every version and delete marker in it. */
  async allVersions(
    bucket: string,
    { prefix = '', ...options }: AwsCallOptions & { prefix?: string } = {},
  ): Promise<readonly ObjectVersion[]> {
    const found: ObjectVersion[] = []
    let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined
    do {
      const list = new this.#sdk.ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: prefix,
        ...after,
      })
      const page = await awsCall(
        's3:ListObjectVersions',
        (limit) => this.#client.send(list, limit),
        options,
      )
      const contents = (page.Versions ?? []).map((each) => ({ ...each, isMarker: false }))
      const markers = (page.DeleteMarkers ?? []).map((each) => ({
        ...each,
        Size: 0,
        isMarker: true,
      }))
      for (const each of [...contents, ...markers]) {
        found.push({
          key: each.Key ?? '',
          version: each.VersionId ?? '',
          bytes: each.Size ?? 0,
          storedAt: each.LastModified?.toISOString() ?? '',
          isMarker: each.isMarker,
          isLatest: each.IsLatest === true,
        })
      }
      after =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          : undefined
    } while (after !== undefined)
    return found
  }

  async tags(
    bucket: string,
    key: string,
    { version, ...options }: AwsCallOptions & { version?: string } = {},
  ): Promise<Readonly<Record<string, string>>> {
    const get = new this.#sdk.GetObjectTaggingCommand({
      Bucket: bucket,
      Key: key,
      VersionId: version,
    })
    const { TagSet } = await awsCall(
      's3:GetObjectTagging',
      (limit) => this.#client.send(get, limit),
      options,
    )
    return Object.fromEntries((TagSet ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
  }

  /** Sets the tags of one version: unlike metadata they can be changed without a new version. */
  async tag(
    bucket: string,
    key: string,
    tags: Readonly<Record<string, string>>,
    { version, ...options }: AwsCallOptions & { version?: string } = {},
  ): Promise<void> {
    const put = new this.#sdk.PutObjectTaggingCommand({
      Bucket: bucket,
      Key: key,
      VersionId: version,
      Tagging: { TagSet: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    })
    await awsCall('s3:PutObjectTagging', (limit) => this.#client.send(put, limit), options)
  }

  /** Hides the object behind a delete marker; with a version, that one is gone for good. */
  async remove(
    bucket: string,
    key: string,
    { version, ...options }: AwsCallOptions & { version?: string } = {},
  ): Promise<void> {
    const remove = new this.#sdk.DeleteObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: version,
    })
    await awsCall('s3:DeleteObject', (limit) => this.#client.send(remove, limit), options)
  }

  /** @throws {AwsError} `BucketNotEmpty` while it holds anything, old versions too. */
  async removeBucket(bucket: string, options: AwsCallOptions = {}): Promise<void> {
    const remove = new this.#sdk.DeleteBucketCommand({ Bucket: bucket })
    await awsCall('s3:DeleteBucket', (limit) => this.#client.send(remove, limit), options)
  }

  close(): void {
    this.#client.destroy()
  }
}
