import { NS_PER_MS, type Ns } from '../lib/clock.ts'

/** A stretch of a picture: how many requests were sent in it, and how long they took. */
export type CurvePoint = {
  readonly count: number
  readonly failed: number
  /** Milliseconds, within 6 %: for the eye. */
  readonly p50?: number
  readonly p99?: number
}

/** The latency over time. It never decides anything, and has a few hundred points at most. */
export type LoadCurve = {
  readonly from: Ns
  readonly cellMs: number
  readonly points: readonly CurvePoint[]
}

const CELLS_MAX = 300
const CELL_MIN_MS = 500
const PER_DECADE = 20
const SHORTEST_MS = 0.1
const BUCKETS = 6 * PER_DECADE

export class CurveBuilder {
  readonly #from: Ns
  readonly #cellMs: number
  readonly #cells: (Uint32Array | undefined)[] = []
  readonly #failed: number[] = []

  constructor(from: Ns, durationMs: number) {
    this.#from = from
    const even = Math.max(CELL_MIN_MS, durationMs / CELLS_MAX)
    this.#cellMs = Math.ceil(even / CELL_MIN_MS) * CELL_MIN_MS
  }

  add(sent: Ns, ms: number, ok: boolean): void {
    const at = Math.floor((sent - this.#from) / NS_PER_MS / this.#cellMs)
    if (!(at >= 0 && at < 2 * CELLS_MAX)) return // stamped outside its life: a gate says so
    const cell = this.#cells[at] ?? new Uint32Array(BUCKETS)
    this.#cells[at] = cell
    const bucket = Math.floor(Math.log10(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) * PER_DECADE)
    const i = Math.min(bucket, BUCKETS - 1)
    cell[i] = (cell[i] ?? 0) + 1
    if (!ok) this.#failed[at] = (this.#failed[at] ?? 0) + 1
  }

  finish(): LoadCurve {
    const points = Array.from(this.#cells, (cell, i): CurvePoint => {
      const failed = this.#failed[i] ?? 0
      if (cell === undefined) return { count: 0, failed }
      const count = cell.reduce((sum, n) => sum + n, 0)
      return { count, failed, p50: quantile(cell, count, 0.5), p99: quantile(cell, count, 0.99) }
    })
    return { from: this.#from, cellMs: this.#cellMs, points }
  }
}

/** The middle of its bucket. */
function quantile(cell: Uint32Array, count: number, share: number): number {
  const rank = Math.ceil(share * count - 1e-9)
  let seen = 0
  let i = 0
  while (i < cell.length - 1) {
    seen += cell[i] ?? 0
    if (seen >= rank) break
    i++
  }
  const ms = SHORTEST_MS * 10 ** ((i + 0.5) / PER_DECADE)
  return Math.round(ms * 100) / 100
}
