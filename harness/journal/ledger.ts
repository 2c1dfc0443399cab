import { float64, uint8 } from './columns.ts'
import type { WriteEntry, WriteOutcome } from './entry.ts'

/** Every write that was sent and what its answer proves, by its number. */
export type Ledger = {
  readonly numbers: readonly number[]
  /** A write without an answer is `unknown`: it may have been applied. */
  readonly outcomeOf: (n: number) => WriteOutcome | undefined
  readonly pathOf: (n: number) => string
  readonly acknowledgedAt: (n: number) => number | undefined
  /** When its request was sent; missing without an answer. */
  readonly sentAt: (n: number) => number | undefined
  readonly count: Readonly<Record<WriteOutcome, number>>
  /** Acknowledged writes that the server gave a version other than 1, although they create. */
  readonly oddVersions: readonly { readonly n: number; readonly version: number }[]
}

const OUTCOMES: readonly WriteOutcome[] = ['unknown', 'acknowledged', 'refused']

export class LedgerBuilder {
  readonly #paths = new Map<number, string>()
  readonly #rowOf = new Map<number, number>()
  readonly #outcome = uint8()
  readonly #call = float64()
  readonly #ret = float64()
  readonly #oddVersions: { n: number; version: number }[] = []

  add(entry: WriteEntry): void {
    if (entry.kind === 'sent') {
      this.#paths.set(entry.data.n, entry.data.path)
      return
    }
    const { n, outcome, call, ret, version } = entry.data
    this.#rowOf.set(n, this.#outcome.length)
    this.#outcome.push(Math.max(0, OUTCOMES.indexOf(outcome)))
    this.#call.push(call)
    this.#ret.push(ret)
    if (outcome === 'acknowledged' && version !== 1) {
      this.#oddVersions.push({ n, version: version ?? 0 })
    }
  }

  finish(): Ledger {
    // An answer without its `sent` line still counts: dropping it could hide a lost write.
    const numbers = [...new Set([...this.#paths.keys(), ...this.#rowOf.keys()])].sort(
      (a, b) => a - b,
    )
    const outcomeOf = (n: number): WriteOutcome | undefined => {
      const row = this.#rowOf.get(n)
      if (row !== undefined) return OUTCOMES[this.#outcome.at(row) as number]
      return this.#paths.has(n) ? 'unknown' : undefined
    }
    const count = { acknowledged: 0, refused: 0, unknown: 0 }
    for (const n of numbers) count[outcomeOf(n) ?? 'unknown']++
    return {
      numbers,
      outcomeOf,
      pathOf: (n) => this.#paths.get(n) ?? '?',
      acknowledgedAt: (n) => {
        const row = this.#rowOf.get(n)
        return row === undefined || outcomeOf(n) !== 'acknowledged' ? undefined : this.#ret.at(row)
      },
      sentAt: (n) => {
        const row = this.#rowOf.get(n)
        return row === undefined ? undefined : this.#call.at(row)
      },
      count,
      oddVersions: this.#oddVersions,
    }
  }
}
