import { hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import type { Ns, RunClock } from '../lib/clock.ts'
import { LineTooLong, LONGEST_LINE_MIB, linesOf, type RawLine } from './lines.ts'

/**
 * A chained file: NDJSON in which every line carries the hash of the line before. One process
 * writes it; a changed, missing or reordered line is found by its number. A missing tail is
 * not, so whoever closes a file hands its `Seal` to the journal.
 */

export type Line<Kind extends string = string, Data = unknown> = {
  readonly seq: number
  /** Monotonic nanoseconds since the run's base. */
  readonly t: Ns
  /** Wall clock, in the journal only: it places entries for people and is never subtracted. */
  readonly wall?: string
  readonly kind: Kind
  readonly data: Data
  readonly prev: string
}

/** What closing a file proves: how many lines it has and the hash of the last one. */
export type Seal = { readonly file: string; readonly lines: number; readonly head: string }

/** `prev` of line 0. */
export const CHAIN_START = '0'.repeat(64)

const hashOf = (bytes: Buffer): string => hash('sha256', bytes, 'hex')

export class ChainWriter {
  readonly file: string
  readonly #descriptor: number
  readonly #clock: RunClock
  readonly #withWall: (() => string) | undefined
  #seq = 0
  #head = CHAIN_START
  #closed = false

  /** @throws when the file exists already: a record is never written over. */
  constructor(path: string, clock: RunClock, wall?: () => string) {
    this.file = basename(path)
    this.#descriptor = openSync(path, 'ax')
    this.#clock = clock
    this.#withWall = wall
  }

  /** The line is with the kernel when this returns, so the death of this process cannot lose it. */
  append(kind: string, data: unknown, t: Ns = this.#clock.now()): Ns {
    if (this.#closed) throw new Error(`${this.file} is closed; "${kind}" came too late`)
    const wall = this.#withWall === undefined ? {} : { wall: this.#withWall() }
    const line = lineOf(this.#seq, { t, ...wall, kind, data }, this.#head)
    if (line.length > LONGEST_LINE_MIB * 2 ** 20) {
      // Nobody could read it back: better no entry than a record that ends here.
      throw new Error(`"${kind}" is an entry of ${line.length} bytes, too long for ${this.file}`)
    }
    const written = writeSync(this.#descriptor, line)
    if (written < line.length) {
      throw new Error(`${this.file} took ${written} of ${line.length} bytes; is the disk full?`)
    }
    this.#head = hashOf(line.subarray(0, -1))
    this.#seq++
    return t
  }

  close(): Seal {
    if (!this.#closed) {
      this.#closed = true
      fsyncSync(this.#descriptor)
      closeSync(this.#descriptor)
    }
    return { file: this.file, lines: this.#seq, head: this.#head }
  }
}

/** A line before it has its place. */
export type Unchained = Omit<Line, 'seq' | 'prev'>

/**
 * A whole chained file at once, for records that are made up: what a `ChainWriter` writes, without
 * its promise that each line is on disk before the next thing happens.
 */
export function chainOf(file: string, lines: Iterable<Unchained>) {
  const written: Buffer[] = []
  let head = CHAIN_START
  for (const { t, wall, kind, data } of lines) {
    const stamps = wall === undefined ? { t } : { t, wall }
    const line = lineOf(written.length, { ...stamps, kind, data }, head)
    head = hashOf(line.subarray(0, -1))
    written.push(line)
  }
  const seal: Seal = { file, lines: written.length, head }
  return { bytes: Buffer.concat(written), seal }
}

const lineOf = (seq: number, line: Unchained, prev: string): Buffer =>
  Buffer.from(`${onOneLine({ seq, ...line, prev })}\n`)

/** JSON leaves two separators as they are at which other readers of lines would break one. */
const onOneLine = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/**
 * Reads a chained file line by line, in constant memory, and checks the chain as it goes.
 * The generator returns what it found, for a comparison with a seal kept elsewhere.
 * @throws {ChainBroken} at the first line that does not belong.
 * @throws {FileUnreadable} when there is something else than a file; ENOENT as Node says it.
 */
export async function* readChain(path: string, seal?: Seal): AsyncGenerator<Line, Seal> {
  const check = new ChainCheck(basename(path))
  try {
    for await (const { lines, unended } of linesOf(path)) {
      for (const bytes of lines) yield check.next(bytes, unended)
    }
  } catch (error) {
    throw error instanceof LineTooLong ? check.tooLong(error) : error
  }
  return check.end(seal)
}

/**
 * The same for a file of gigabytes: what takes the lines is called and not awaited, which saves
 * time, and is told each line's length in bytes.
 * @throws as `readChain`, and what `take` throws.
 */
export async function scanChain(
  path: string,
  take: (line: Line, length: number) => void,
  seal?: Seal,
): Promise<Seal> {
  const check = new ChainCheck(basename(path))
  try {
    for await (const { lines, unended } of linesOf(path)) {
      for (const bytes of lines) take(check.next(bytes, unended), bytes.length)
    }
  } catch (error) {
    throw error instanceof LineTooLong ? check.tooLong(error) : error
  }
  return check.end(seal)
}

/** Holds each line against the one before. */
class ChainCheck {
  readonly #file: string
  #head = CHAIN_START
  #seq = 0

  constructor(file: string) {
    this.#file = file
  }

  next(bytes: RawLine, unended: boolean): Line {
    const line = parseLine(bytes)
    if (line === undefined) throw this.#broken(`is not a complete entry${noticed(bytes)}`)
    // JSON takes it for white space, and the hash of this line is only known to the next.
    if (bytes.at(-1) === CARRIAGE_RETURN) {
      throw this.#broken('ends in CR LF, not in LF: the file was converted')
    }
    if (unended) throw this.#broken('has no line end: the file was cut off behind it')
    if (line.seq !== this.#seq) throw this.#broken(`has number ${line.seq}, not ${this.#seq}`)
    if (line.prev !== this.#head) {
      throw this.#broken(`does not follow line ${this.#seq}: that one was changed or removed`)
    }
    this.#head = hashOf(bytes)
    this.#seq++
    return line
  }

  end(seal: Seal | undefined): Seal {
    const found: Seal = { file: this.#file, lines: this.#seq, head: this.#head }
    if (seal === undefined) return found
    const last = (why: string) => new ChainBroken(this.#file, this.#seq, why)
    if (seal.lines !== this.#seq) {
      throw last(`is the last, but the journal recorded ${seal.lines} lines`)
    }
    if (seal.head !== this.#head) throw last('was changed after the file was closed')
    return found
  }

  tooLong(error: LineTooLong): ChainBroken {
    return new ChainBroken(this.#file, error.line, `is longer than ${LONGEST_LINE_MIB} MiB`)
  }

  #broken(why: string): ChainBroken {
    return new ChainBroken(this.#file, this.#seq + 1, why)
  }
}

const CARRIAGE_RETURN = 13

function parseLine(bytes: RawLine): Line | undefined {
  try {
    const line = JSON.parse(bytes.toString()) as Partial<Line> | null
    return Number.isInteger(line?.seq) &&
      typeof line?.kind === 'string' &&
      Number.isFinite(line.t) &&
      typeof line.data === 'object' &&
      line.data !== null
      ? (line as Line)
      : undefined
  } catch {
    return undefined // reported by the caller with file and line
  }
}

/** A machine that goes down leaves zeros where data was still on its way to the disk. */
const noticed = (bytes: RawLine): string =>
  bytes.includes(0) ? ': it has NUL bytes, which were never written' : ''

export class ChainBroken extends Error {
  override readonly name = 'ChainBroken'
  readonly file: string
  /** Counted from 1, as editors do. */
  readonly line: number

  constructor(file: string, line: number, why: string) {
    super(`${file}: line ${line} ${why}`)
    this.file = file
    this.line = line
  }
}
