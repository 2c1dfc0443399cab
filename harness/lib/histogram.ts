import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Three significant digits: what comes out is at most this share above what went in. */
export const HISTOGRAM_ERROR = 0.001

const US_PER_MS = 1000
const LONGEST_MS = 3_600_000

/**
 * A distribution of times in constant memory (140 KiB): Node's HDR histogram over microseconds, up
 * to an hour. A quantile is never below the true one and at most `HISTOGRAM_ERROR` above it, or
 * one microsecond.
 */
export class TimeHistogram {
  readonly #counts: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: LONGEST_MS * US_PER_MS,
    figures: 3,
  })

  get count(): number {
    return this.#counts.count
  }

  record(ms: number): void {
    const us = Math.ceil(Math.min(ms, LONGEST_MS) * US_PER_MS)
    this.#counts.record(Math.max(1, us))
  }

  add(other: TimeHistogram): void {
    this.#counts.add(other.#counts)
  }

  /** Milliseconds; `rank` counts from 1, the fastest. */
  atRank(rank: number): number {
    const at = Math.min(Math.max(rank, 1), this.count)
    return this.#counts.percentile((100 * at) / this.count) / US_PER_MS
  }

  /** The nearest-rank quantile in milliseconds, `share` in 0…1; `undefined` when it is empty. */
  quantile(share: number): number | undefined {
    return this.count === 0 ? undefined : this.atRank(Math.ceil(share * this.count - 1e-9))
  }
}
