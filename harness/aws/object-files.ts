import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { type Duration, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import { type AwsCallOptions, awsCall, clientSettings } from './emulator.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/**
 * Files as objects, in constant memory. The store checks the SHA-256 of each request's bytes as
 * they arrive; that of the whole file is ours, because S3 has none for an object of several parts.
 * Parts go one after another, each with a deadline of its own, so an abort comes after all of them.
 */

export const PART_BYTES = 8 * 2 ** 20

/** Of one request: a part takes no longer on any line that a backup may use. */
const REQUEST_WITHIN = seconds(30)

export type UploadOptions = AwsCallOptions & {
  /** Hex, of the whole file: a file that has changed is not stored. */
  readonly sha256: string
  /** Id or ARN of the key that is to encrypt it. */
  readonly kmsKey: string
  readonly metadata?: Readonly<Record<string, string>>
  /** At least 5 MiB, which S3 demands. */
  readonly partBytes?: number
}

export type StoredFile = {
  readonly version: string
  readonly bytes: number
  readonly parts: number
  /** As the store names it. */
  readonly kmsKey: string
}

export type FetchedFile = { readonly bytes: number; readonly sha256: string }

/** An upload in parts that was neither completed nor aborted: it costs, and no listing shows it. */
export type UnfinishedUpload = { readonly key: string; readonly upload: string }

/** What the store says of what it has taken. */
type Answered = {
  readonly VersionId?: string | undefined
  readonly ServerSideEncryption?: string | undefined
  readonly SSEKMSKeyId?: string | undefined
}

type Target = { readonly Bucket: string; readonly Key: string }

/** Every call throws {AwsError} when the store or the way to it fails. */
export class ObjectFiles {
  readonly #sdk: Sdk
  readonly #client: S3Client

  private constructor(sdk: Sdk, address: Address) {
    this.#sdk = sdk
    this.#client = new sdk.S3Client({ ...clientSettings(address), forcePathStyle: true })
  }

  static async at(address: Address): Promise<ObjectFiles> {
    return new ObjectFiles(await import('@aws-sdk/client-s3'), address)
  }

  /**
   * Stores a file, in parts when it is larger than one. Nothing of it is in the store when this
   * throws, unless the message says which upload could not be aborted.
   * @throws {FileChanged} {NotEncrypted}
   */
  async upload(
    bucket: string,
    key: string,
    path: string,
    options: UploadOptions,
  ): Promise<StoredFile> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const target = { Bucket: bucket, Key: key }
      const stored =
        size <= (options.partBytes ?? PART_BYTES)
          ? await this.#uploadWhole(target, file, size, options)
          : await this.#uploadParts(target, file, size, options)
      return await this.#assertEncrypted(target, stored, options)
    } finally {
      await file.close()
    }
  }

  async #uploadWhole(target: Target, file: FileHandle, size: number, options: UploadOptions) {
    const body = await readPart(file, 0, size)
    const digest = createHash('sha256').update(body).digest()
    assertUnchanged(target.Key, options.sha256, digest.toString('hex'))
    const put = new this.#sdk.PutObjectCommand({
      ...target,
      ...wanted(options),
      Body: body,
      ChecksumSHA256: digest.toString('base64'),
    })
    const answer = await awsCall(
      's3:PutObject',
      (limit) => this.#client.send(put, limit),
      limits(options),
    )
    return { ...answer, bytes: size, parts: 1 }
  }

  async #uploadParts(target: Target, file: FileHandle, size: number, options: UploadOptions) {
    const { partBytes = PART_BYTES } = options
    const create = new this.#sdk.CreateMultipartUploadCommand({
      ...target,
      ...wanted(options),
      ChecksumAlgorithm: 'SHA256',
    })
    const { UploadId: id = '' } = await awsCall(
      's3:CreateMultipartUpload',
      (limit) => this.#client.send(create, limit),
      limits(options),
    )
    try {
      const whole = createHash('sha256')
      const parts: { PartNumber: number; ETag?: string; ChecksumSHA256: string }[] = []
      for (let at = 0; at < size; at += partBytes) {
        const body = await readPart(file, at, Math.min(partBytes, size - at))
        whole.update(body)
        const part = {
          PartNumber: parts.length + 1,
          ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
        }
        const send = new this.#sdk.UploadPartCommand({
          ...target,
          ...part,
          UploadId: id,
          Body: body,
        })
        const { ETag } = await awsCall(
          's3:UploadPart',
          (limit) => this.#client.send(send, limit),
          limits(options),
        )
        parts.push({ ...part, ...(ETag === undefined ? {} : { ETag }) })
      }
      assertUnchanged(target.Key, options.sha256, whole.digest('hex'))
      const complete = new this.#sdk.CompleteMultipartUploadCommand({
        ...target,
        UploadId: id,
        MultipartUpload: { Parts: parts },
      })
      const answer = await awsCall(
        's3:CompleteMultipartUpload',
        (limit) => this.#client.send(complete, limit),
        limits(options),
      )
      return { ...answer, bytes: size, parts: parts.length }
    } catch (error) {
      // The caller's signal may be what stopped the upload; it does not stop the tidying.
      await this.abort(target.Bucket, target.Key, id).catch((failed) => {
        if (error instanceof Error)
          error.message += `; its upload ${id} is left in the store: ${failed}`
      })
      throw error
    }
  }

  /** Where the store used another key, or none, the object is not left behind. */
  async #assertEncrypted(
    target: Target,
    stored: Answered & { readonly bytes: number; readonly parts: number },
    options: UploadOptions,
  ): Promise<StoredFile> {
    const { VersionId, ServerSideEncryption: by = 'nothing', SSEKMSKeyId = '' } = stored
    if (by === 'aws:kms' && SSEKMSKeyId.endsWith(options.kmsKey)) {
      const { bytes, parts } = stored
      return { version: VersionId ?? '', bytes, parts, kmsKey: SSEKMSKeyId }
    }
    const remove = new this.#sdk.DeleteObjectCommand({ ...target, VersionId })
    await awsCall('s3:DeleteObject', (limit) => this.#client.send(remove, limit))
    throw new NotEncrypted(target.Key, options.kmsKey, `${by} ${SSEKMSKeyId}`.trim())
  }

  /** The newest version, or the one asked for; the file appears when it is complete. */
  async download(
    bucket: string,
    key: string,
    path: string,
    { version, within = REQUEST_WITHIN, signal }: AwsCallOptions & { version?: string } = {},
  ): Promise<FetchedFile> {
    const partial = `${path}.partial`
    const hash = createHash('sha256')
    let bytes = 0
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk)
        bytes += chunk.length
        done(null, chunk)
      },
    })
    const get = new this.#sdk.GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version })
    try {
      await awsCall(
        's3:GetObject',
        async (limit) => {
          const { Body } = await this.#client.send(get, limit)
          const content = Body instanceof Readable ? Body : Readable.from([])
          const file = createWriteStream(partial, { mode: 0o600 })
          await pipeline(content, count, file, { signal: limit.abortSignal })
        },
        { within, signal },
      )
      await rename(partial, path)
      return { bytes, sha256: hash.digest('hex') }
    } finally {
      await rm(partial, { force: true })
    }
  }

  /** What a cut upload may leave when even its abort could not be sent. */
  async unfinished(
    bucket: string,
    { prefix = '', ...options }: AwsCallOptions & { prefix?: string } = {},
  ): Promise<readonly UnfinishedUpload[]> {
    const list = new this.#sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
    const { Uploads } = await awsCall(
      's3:ListMultipartUploads',
      (limit) => this.#client.send(list, limit),
      options,
    )
    return (Uploads ?? []).map(({ Key, UploadId }) => ({ key: Key ?? '', upload: UploadId ?? '' }))
  }

  async abort(
    bucket: string,
    key: string,
    upload: string,
    options: AwsCallOptions = {},
  ): Promise<void> {
    const abort = new this.#sdk.AbortMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: upload,
    })
    await awsCall('s3:AbortMultipartUpload', (limit) => this.#client.send(abort, limit), options)
  }

  close(): void {
    this.#client.destroy()
  }
}

const wanted = ({ kmsKey, sha256, metadata = {} }: UploadOptions) => ({
  ServerSideEncryption: 'aws:kms' as const,
  SSEKMSKeyId: kmsKey,
  Metadata: { ...metadata, sha256 },
})

const limits = ({
  within = REQUEST_WITHIN,
  signal,
}: UploadOptions): AwsCallOptions & { within: Duration } => ({ within, signal })

async function readPart(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done)
    if (bytesRead === 0) return buffer.subarray(0, done) // it became shorter: the sum will tell
    done += bytesRead
  }
  return buffer
}

function assertUnchanged(key: string, expected: string, found: string): void {
  if (found !== expected) throw new FileChanged(key, expected, found)
}

/** What was about to be stored is not what was saved. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'
  constructor(key: string, expected: string, found: string) {
    super(`the file for ${key} has SHA-256 ${found}, when it was saved it had ${expected}`)
  }
}

/** The store did not encrypt with the key that was asked for. */
export class NotEncrypted extends Error {
  override readonly name = 'NotEncrypted'
  constructor(key: string, wanted: string, seen: string) {
    super(`${key}: encryption with the KMS key ${wanted} was wanted, the store answers ${seen}`)
  }
}
