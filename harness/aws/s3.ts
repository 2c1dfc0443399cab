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
    { metadata = {}, ...options }: AwsCallOptions & { metadata?: Record<string, string> } = {},
  ): Promise<string> {
    const put = new this.#sdk.PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      Metadata: metadata,
    })
    const { VersionId } = await awsCall(
      's3:PutObject',
      (limit) => this.#client.send(put, limit),
      options,
    )
    return VersionId ?? ''
  }

  async get(bucket: string, key: string, options: AwsCallOptions = {}): Promise<Buffer> {
    const get = new this.#sdk.GetObjectCommand({ Bucket: bucket, Key: key })
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
      const { ContentLength, VersionId, Metadata } = await awsCall(
        's3:HeadObject',
        (limit) => this.#client.send(head, limit),
        options,
      )
      return { bytes: ContentLength ?? 0, version: VersionId ?? '', metadata: Metadata ?? {} }
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

  close(): void {
    this.#client.destroy()
  }
}
