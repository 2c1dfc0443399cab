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
    const text = JSON.stringify({ seq: this.#seq, t, ...wall, kind, data, prev: this.#head })
    writeSync(this.#descriptor, `${text}\n`)
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

/**
 * Reads a chained file line by line, in constant memory, and checks the chain as it goes.
 * @throws {ChainBroken} at the first line that does not belong.
 */
export async function* readChain(path: string, seal?: Seal): AsyncGenerator<Line> {
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
  if (seal === undefined) return
  if (seal.lines !== seq) {
    throw new ChainBroken(file, seq, `is the last, but the journal recorded ${seal.lines} lines`)
  }
  if (seal.head !== head) throw new ChainBroken(file, seq, 'was changed after the file was closed')
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
