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

/** Whose value it is, or why it is nobody's: of another path, or not whole. */
export function readNumberedValue(
  value: unknown,
  path: string,
): { readonly op: string; readonly why?: never } | { readonly op?: string; readonly why: string } {
  if (typeof value !== 'object' || value === null) return { why: 'its value is no object' }
  const { op, k, sha } = value as Partial<NumberedValue>
  if (typeof op !== 'string') return { why: 'its value names no write' }
  if (sha !== contentHash(value)) return { op, why: 'its value is not what its checksum says' }
  if (k !== path) return { op, why: `its value belongs to ${k}` }
  return { op }
}

/** Servers give the fields back in an order of their own, so the order is fixed here. */
function contentHash({ op, k, n, pad }: Partial<NumberedValue>): string {
  return createHash('sha256')
    .update(JSON.stringify([op, k, n, pad]))
    .digest('hex')
}

/** Paths of the KV v2 API under the mount `secret`. */
export const dataPath = (name: string): string => `/v1/secret/data/${name}`
export const metadataPath = (name: string): string => `/v1/secret/metadata/${name}`
