import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { constants, createGunzip } from 'node:zlib'
import { openRegular } from '../lib/regular-file.ts'
import { LONGEST_LINE_MIB, type RawLine } from './lines.ts'

/** What is known of a compressed file once it was read. */
export type LoadFileRead = {
  readonly sha256: string
  /** Whole lines, and the last one if it has no line feed. */
  readonly lines: number
  /** Why the content ends before its end: whoever wrote it was killed. */
  readonly cut?: string
}

/**
 * Streams the lines of a gzip file in constant memory and hashes the file as it goes. What is
 * readable is read: a file that was cut off gives the lines before the cut. A last line without a
 * line feed is counted and not handed out.
 * @throws {FileUnreadable} when there is something else than a file; ENOENT as Node says it.
 */
export async function readLoadFile(
  path: string,
  take: (line: RawLine) => void,
): Promise<LoadFileRead> {
  const hash = createHash('sha256')
  const file = createReadStream(path, { fd: openRegular(path), highWaterMark: 2 ** 18 }) // closes it
  const lines = new LineSplitter(take)
  let tail = Buffer.alloc(0)
  let bytes = 0
  // With this flush a cut is no error: all that was compressed before it comes out.
  const gunzip = createGunzip({ chunkSize: 2 ** 18, finishFlush: constants.Z_SYNC_FLUSH })
  file.on('data', (chunk) => {
    hash.update(chunk)
    tail = Buffer.concat([tail, chunk as Buffer]).subarray(-TRAILER)
  })
  file.on('error', (error) => gunzip.destroy(error))
  const hashed = new Promise<void>((resolve, reject) =>
    file.on('close', resolve).on('error', reject),
  )
  let broken: string | undefined
  try {
    for await (const chunk of file.pipe(gunzip)) {
      bytes += (chunk as Buffer).length
      lines.push(chunk as Buffer)
    }
  } catch (error) {
    if (!isOfZlib(error)) throw error
    broken = `is damaged inside: ${error.message}`
    file.unpipe(gunzip).resume() // its hash is that of the whole file
  }
  await hashed
  const unended = lines.end()
  const cut =
    broken ??
    (tail.length < TRAILER || tail.readUInt32LE(4) !== bytes % 2 ** 32
      ? 'ends in the middle'
      : unended
        ? 'ends within a line'
        : undefined)
  return {
    sha256: hash.digest('hex'),
    lines: lines.count,
    ...(cut === undefined ? {} : { cut }),
  }
}

/** Checksum and length of what was compressed. */
const TRAILER = 8

const isOfZlib = (error: unknown): error is Error =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_')

const LINE_FEED = 10

class LineSplitter {
  readonly #take: (line: RawLine) => void
  #kept: Buffer = Buffer.alloc(0)
  #tooLong = false
  count = 0

  constructor(take: (line: RawLine) => void) {
    this.#take = take
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = chunk.subarray(start, end)
      this.#line(this.#kept.length === 0 ? piece : Buffer.concat([this.#kept, piece]))
      this.#kept = Buffer.alloc(0)
      this.#tooLong = false
      start = end + 1
    }
    if (start === chunk.length || this.#tooLong) return
    this.#kept = Buffer.concat([this.#kept, chunk.subarray(start)])
    // A line of nothing but filling must not fill the memory.
    this.#tooLong = this.#kept.length > LONGEST_LINE_MIB * 2 ** 20
    if (this.#tooLong) this.#kept = Buffer.from('too long')
  }

  /** Whether the last line has no line feed. */
  end(): boolean {
    if (this.#kept.length === 0) return false
    this.count++
    return true
  }

  #line(bytes: RawLine): void {
    this.count++
    this.#take(bytes)
  }
}
