import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { Ns, RunClock } from '../lib/clock.ts'

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

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

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
    const text = onOneLine({ seq: this.#seq, t, ...wall, kind, data, prev: this.#head })
    const line = Buffer.from(`${text}\n`)
    const written = writeSync(this.#descriptor, line)
    if (written < line.length) {
      throw new Error(`${this.file} took ${written} of ${line.length} bytes; is the disk full?`)
    }
    this.#head = hashOf(text)
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

/** JSON leaves two separators as they are at which `readline` would break the line. */
const onOneLine = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/**
 * Reads a chained file line by line, in constant memory, and checks the chain as it goes.
 * The generator returns what it found, for a comparison with a seal kept elsewhere.
 * @throws {ChainBroken} at the first line that does not belong.
 */
export async function* readChain(path: string, seal?: Seal): AsyncGenerator<Line, Seal> {
  const file = basename(path)
  let head = CHAIN_START
  let seq = 0
  const input = createReadStream(path, { encoding: 'utf8' })
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseLine(text)
    if (line === undefined) throw new ChainBroken(file, seq + 1, 'is not a complete entry')
    if (line.seq !== seq) throw new ChainBroken(file, seq + 1, `has number ${line.seq}, not ${seq}`)
    if (line.prev !== head) {
      throw new ChainBroken(
        file,
        seq + 1,
        `does not follow line ${seq}: that one was changed or removed`,
      )
    }
    head = hashOf(text)
    seq++
    yield line
  }
  const found: Seal = { file, lines: seq, head }
  if (seal === undefined) return found
  if (seal.lines !== seq) {
    throw new ChainBroken(file, seq, `is the last, but the journal recorded ${seal.lines} lines`)
  }
  if (seal.head !== head) throw new ChainBroken(file, seq, 'was changed after the file was closed')
  return found
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Partial<Line>
    return typeof line.seq === 'number' && typeof line.kind === 'string'
      ? (line as Line)
      : undefined
  } catch {
    return undefined // reported by the caller with file and line
  }
}

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
