import { Memo } from './memo.ts'
import { ANY, KIND, type Problem, STATUS } from './problem.ts'
import { randomFrom } from './random.ts'

/**
 * Checker B: searches for an order of the operations on one register that respects time and
 * explains every answer (Wing and Gong, with the memo of Lowe). Exact for any model, exponential
 * at worst, so it has a budget of steps: counted and not timed, because the same files must give
 * the same verdict on every machine.
 * @see docs/decisions/two-checkers.md
 */
export type SearchResult = {
  readonly verdict: 'valid' | 'violated' | 'undecided'
  readonly steps: number
  /** Why no order goes further than this one. Only of `violated`. */
  readonly stuck?: Stuck
}

export type Stuck = {
  /** The operation that cannot come next and must; 0: the read-out. */
  readonly i: number
  readonly version: number
  readonly status: number
  readonly placed: number
  readonly operations: number
}

export type SearchOptions = {
  readonly steps?: number
  readonly memoBytes?: number
  /** Bits of the hash that count; few of them make collisions. */
  readonly hashBits?: number
  /** Defects to plant, which other checks must notice. */
  readonly faults?: ReadonlySet<SearchFault>
}

export type SearchFault = 'memo-by-hash-only' | 'open-intervals' | 'deletes-ignored'

export const STEPS_PER_REGISTER = 4_000_000
const MEMO_BYTES = 64 * 2 ** 20

/** Registers are many and small: what one search allocates, the next one uses. */
const memo = new Memo()
let zobrist = new Int32Array(0)

export function search(problem: Problem, options: SearchOptions = {}): SearchResult {
  return new Search(problem, options).run()
}

/** Words of a state: version, value, status, and the same of what a snapshot saved. */
const STATE = 6

class Search {
  readonly #problem: Problem
  readonly #steps: number
  readonly #memoBytes: number
  readonly #hashMask: number
  readonly #isComparing: boolean
  readonly #deletes: boolean
  /** Entries, from 1: a call or a return of an operation; 0 is the head of the list. */
  readonly #operationOf: Int32Array
  /** Of a call its return, 0 if it has none; of a return −1. */
  readonly #returnOf: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** Bits of the placed operations, then the state. */
  readonly #configuration: Int32Array
  readonly #words: number
  #left: number

  constructor(problem: Problem, options: SearchOptions) {
    const { steps = STEPS_PER_REGISTER, memoBytes = MEMO_BYTES, hashBits = 32 } = options
    const faults = options.faults ?? new Set()
    this.#problem = problem
    this.#steps = steps
    this.#memoBytes = memoBytes
    this.#hashMask = hashBits >= 32 ? -1 : 2 ** hashBits - 1
    this.#isComparing = !faults.has('memo-by-hash-only')
    this.#deletes = !faults.has('deletes-ignored')
    const { operations } = problem
    const entries = entriesOf(problem, faults.has('open-intervals'))
    this.#operationOf = new Int32Array(entries.length + 1)
    this.#returnOf = new Int32Array(entries.length + 1)
    this.#next = new Int32Array(entries.length + 1)
    this.#previous = new Int32Array(entries.length + 1)
    const returns = new Int32Array(operations.length)
    for (let entry = entries.length; entry > 0; entry--) {
      const { operation, isReturn } = entries[entry - 1] as Entry
      this.#operationOf[entry] = operation
      if (isReturn) returns[operation] = entry
      this.#returnOf[entry] = isReturn ? -1 : (returns[operation] as number)
      this.#next[entry] = entry === entries.length ? 0 : entry + 1
      this.#previous[entry] = entry - 1
    }
    this.#next[0] = entries.length === 0 ? 0 : 1
    this.#words = Math.ceil(operations.length / 32)
    this.#configuration = new Int32Array(this.#words + STATE)
    this.#left = operations.filter(({ ret }) => ret !== Number.POSITIVE_INFINITY).length
    if (zobrist.length < operations.length) zobrist = randomWords(operations.length * 2)
  }

  run(): SearchResult {
    const { operations } = this.#problem
    const configuration = this.#configuration
    const state = this.#words
    const undo = new Int32Array(operations.length * (STATE + 1))
    const kept = new Int32Array(STATE)
    let stuck: Stuck | undefined
    let depth = 0
    let bits = 0
    let entry = this.#next[0] as number
    memo.reset(configuration.length, this.#isComparing)
    for (let steps = 1; ; steps++) {
      if (this.#left === 0) return { verdict: 'valid', steps }
      if (steps > this.#steps || memo.bytes > this.#memoBytes) {
        return { verdict: 'undecided', steps }
      }
      const operation = this.#operationOf[entry] as number
      if ((this.#returnOf[entry] as number) >= 0) {
        for (let word = 0; word < STATE; word++) kept[word] = configuration[state + word] as number
        if (this.#apply(operation)) {
          const hash = bits ^ (zobrist[operation] as number)
          this.#flip(operation)
          if (memo.add((hash ^ this.#stateHash()) & this.#hashMask, configuration)) {
            undo[depth * (STATE + 1)] = entry
            undo.set(kept, depth * (STATE + 1) + 1)
            depth++
            bits = hash
            this.#lift(entry)
            entry = this.#next[0] as number
            continue
          }
          this.#flip(operation)
          configuration.set(kept, state)
        }
        entry = this.#next[entry] as number
        continue
      }
      // It has returned and is not placed: something before it must be placed in another way.
      if (stuck === undefined || depth > stuck.placed) {
        stuck = {
          i: operations[operation]?.i ?? 0,
          version: configuration[state] as number,
          status: configuration[state + 2] as number,
          placed: depth,
          operations: operations.length,
        }
      }
      if (depth === 0) return { verdict: 'violated', steps, stuck }
      depth--
      entry = undo[depth * (STATE + 1)] as number
      configuration.set(undo.subarray(depth * (STATE + 1) + 1, (depth + 1) * (STATE + 1)), state)
      const back = this.#operationOf[entry] as number
      this.#flip(back)
      bits ^= zobrist[back] as number
      this.#unlift(entry)
      entry = this.#next[entry] as number
    }
  }

  /** What the operation does to the register, if it can come next at all. */
  #apply(operation: number): boolean {
    const { operations, owners, ends } = this.#problem
    const { kind, ret, ver, val, status, cas, isLasting, after } = operations[
      operation
    ] as Problem['operations'][number]
    const configuration = this.#configuration
    const at = this.#words
    const version = configuration[at] as number
    if (after >= 0 && !this.#isPlaced(after)) return false
    switch (kind) {
      case KIND.read:
        return (
          (ver === ANY || ver === version) &&
          (val === ANY || val === configuration[at + 1]) &&
          (status === ANY || status === configuration[at + 2])
        )
      case KIND.casfail:
        return cas !== version
      case KIND.write: {
        const made = version + 1
        if ((cas !== ANY && cas !== version) || (ver !== ANY && ver !== made)) return false
        if (isLasting) {
          if (made >= owners.length) return false
          const owner = owners[made] as number
          if (owner !== ANY && owner !== val) return false
          if (version > 0 && ends[version] !== configuration[at + 2]) return false
        }
        configuration[at] = made
        configuration[at + 1] = val
        configuration[at + 2] = STATUS.live
        return true
      }
      case KIND.delete:
        if (!this.#deletes) return true
        // What changes nothing and need not have happened, did not.
        if (configuration[at + 2] !== STATUS.live) return ret !== Number.POSITIVE_INFINITY
        configuration[at + 2] = STATUS.deleted
        return true
      case KIND.snapshot:
        configuration.copyWithin(at + 3, at, at + 3)
        return true
      default:
        // What was saved before the history is an empty register: its keys are new in each run.
        configuration.copyWithin(at, at + 3, at + 6)
        return true
    }
  }

  #isPlaced(operation: number): boolean {
    return ((this.#configuration[operation >>> 5] as number) & (1 << (operation & 31))) !== 0
  }

  #flip(operation: number): void {
    const word = operation >>> 5
    this.#configuration[word] = (this.#configuration[word] as number) ^ (1 << (operation & 31))
  }

  #stateHash(): number {
    let hash = 0x9e3779b9
    for (let word = this.#words; word < this.#configuration.length; word++) {
      hash = Math.imul(hash ^ (this.#configuration[word] as number), 0x85ebca6b)
      hash ^= hash >>> 13
    }
    return hash
  }

  #lift(entry: number): void {
    this.#unlink(entry)
    const ended = this.#returnOf[entry] as number
    if (ended === 0) return
    this.#unlink(ended)
    this.#left--
  }

  #unlift(entry: number): void {
    const ended = this.#returnOf[entry] as number
    if (ended !== 0) {
      this.#link(ended)
      this.#left++
    }
    this.#link(entry)
  }

  #unlink(entry: number): void {
    const next = this.#next[entry] as number
    const previous = this.#previous[entry] as number
    this.#next[previous] = next
    if (next !== 0) this.#previous[next] = previous
  }

  #link(entry: number): void {
    const next = this.#next[entry] as number
    this.#next[this.#previous[entry] as number] = entry
    if (next !== 0) this.#previous[next] = entry
  }
}

type Entry = { readonly operation: number; readonly at: number; readonly isReturn: boolean }

/** Intervals are closed: of equal times, a call comes before a return. */
function entriesOf({ operations }: Problem, isOpen: boolean): readonly Entry[] {
  const entries: Entry[] = []
  for (const [operation, { call, ret }] of operations.entries()) {
    entries.push({ operation, at: call, isReturn: false })
    if (ret !== Number.POSITIVE_INFINITY) entries.push({ operation, at: ret, isReturn: true })
  }
  const first = isOpen ? -1 : 1
  return entries.sort(
    (a, b) =>
      a.at - b.at || first * (Number(a.isReturn) - Number(b.isReturn)) || a.operation - b.operation,
  )
}

function randomWords(length: number): Int32Array<ArrayBuffer> {
  const random = randomFrom(1) // always the same words, however many
  return Int32Array.from({ length }, () => random() * 2 ** 32)
}
