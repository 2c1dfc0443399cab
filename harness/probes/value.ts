import { createHash, randomBytes } from 'node:crypto'

/**
 * What the probe writes. Every value says who wrote it and carries its own checksum, so one
 * read proves that it is whole, belongs to this path, and came from this very attempt.
 */
export type NumberedValue = {
  /** Different for every attempt, also for two attempts with the same number. */
  readonly op: string
  /** The path of the secret, as the API has it. */
  readonly k: string
  readonly n: number
  readonly pad: string
  /** SHA-256 of the fields above. */
  readonly sha: string
}

export function numberedValue(path: string, n: number): NumberedValue {
  const op = randomBytes(8).toString('hex')
  const content = { op, k: path, n, pad: randomBytes(48).toString('hex') }
  return { ...content, sha: contentHash(content) }
}

/** Whether a value that was read is the one with this hash, and whole. */
export function isIntact(value: unknown, hash: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const read = value as Partial<NumberedValue>
  return read.sha === hash && contentHash(read) === hash
}

/** Servers give the fields back in an order of their own, so the order is fixed here. */
function contentHash({ op, k, n, pad }: Partial<NumberedValue>): string {
  return createHash('sha256')
    .update(JSON.stringify([op, k, n, pad]))
    .digest('hex')
}

/** Path of the KV v2 API under the mount `secret`. */
export const dataPath = (name: string): string => `/v1/secret/data/${name}`
