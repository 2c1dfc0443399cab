import { closeSync, readSync } from 'node:fs'
import { setImmediate as breath } from 'node:timers/promises'
import { openRegular } from '../lib/regular-file.ts'

/**
 * The lines of a file as bytes, in constant memory: only a line feed ends a line, so what is
 * hashed is what is on disk.
 */

/** No line of ours comes near it; beyond it the file is not what we wrote. */
export const LONGEST_LINE_MIB = 16
const LONGEST = LONGEST_LINE_MIB * 2 ** 20
const PIECE = 2 ** 18
const LINE_FEED = 10

/** Bytes without their line feed; valid until the next piece is asked for. */
export type RawLine = Buffer

/** The lines that came with one read, and whether the last of them has no line feed: the end. */
export type Piece = { readonly lines: readonly RawLine[]; readonly unended: boolean }

/**
 * @throws {FileUnreadable} when it is anything but a regular file; {LineTooLong}; ENOENT as Node
 * says it.
 */
export async function* linesOf(path: string): AsyncGenerator<Piece> {
  const descriptor = openRegular(path)
  try {
    let buffer = Buffer.allocUnsafeSlow(PIECE)
    let kept = 0 // bytes of a line that has not ended
    let line = 0
    while (true) {
      if (kept === buffer.length) {
        if (kept >= LONGEST) throw new LineTooLong(line + 1)
        const larger = Buffer.allocUnsafeSlow(buffer.length * 4)
        buffer.copy(larger)
        buffer = larger
      }
      // Not by way of the thread pool, which costs more than it takes to read a small file.
      const read = readSync(descriptor, buffer, kept, buffer.length - kept, null)
      if (read === 0) break
      const filled = buffer.subarray(0, kept + read)
      const lines: RawLine[] = []
      let start = 0
      for (let end = filled.indexOf(LINE_FEED, kept); end !== -1; ) {
        lines.push(filled.subarray(start, end))
        start = end + 1
        end = filled.indexOf(LINE_FEED, start)
      }
      line += lines.length
      if (lines.length > 0) yield { lines, unended: false }
      filled.copyWithin(0, start)
      kept = filled.length - start
      if (filled.length === buffer.length) await breath()
    }
    if (kept > 0) yield { lines: [buffer.subarray(0, kept)], unended: true }
  } finally {
    closeSync(descriptor)
  }
}

export class LineTooLong extends Error {
  override readonly name = 'LineTooLong'
  readonly line: number
  constructor(line: number) {
    super(`line ${line} is longer than ${LONGEST_LINE_MIB} MiB`)
    this.line = line
  }
}
