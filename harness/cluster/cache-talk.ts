import type { CacheSpec, Call, LaneSpec } from '../../fixtures/cached-client/message.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { Duration } from '../lib/duration.ts'
import { percentile } from '../lib/percentile.ts'

export type Span = { readonly from: Ns; readonly to: Ns }

/** Of the reads of a lane, who answered them. */
export type Answered = {
  readonly reads: number
  readonly cache: number
  readonly store: number
  readonly nobody: number
  /** Of all reads, those that somebody answered. */
  readonly share: number
}

export type HitLatency = {
  readonly hits: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** Between the cache's clock and our stamps, and the end of an entry and the read that meets it. */
const TOLERANCE_MS = 50
/** As the application says that a change certainly had no effect. */
const REFUSED = 'refused: '

/** What the lanes of the example application met, as it recorded every call. */
export class CacheTalk {
  readonly #calls: Readonly<Record<string, readonly Call[]>>
  readonly #ttlMs: ReadonlyMap<string, number>

  constructor(
    calls: Readonly<Record<string, readonly Call[]>>,
    lanes: readonly LaneSpec[],
    caches: Readonly<Record<string, CacheSpec>>,
  ) {
    this.#calls = calls
    this.#ttlMs = new Map(
      lanes.map(({ lane, cache }) => [lane, caches[cache ?? '']?.ttlMs ?? 0] as const),
    )
  }

  /**
   * The longest time in which no read of a lane was answered: from the first one that failed to the
   * end of the last, nothing between them served; `undefined` when none failed.
   */
  failed(lane: string): Span | undefined {
    const spans: Span[] = []
    let current: Span | undefined
    for (const { from: who, t, ms } of this.#reads(lane)) {
      const end = t + ms * NS_PER_MS
      if (who !== 'nobody') current = undefined
      else {
        if (current !== undefined) spans.pop()
        current = { from: current?.from ?? t, to: Math.max(current?.to ?? 0, end) }
        spans.push(current)
      }
    }
    return spans.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
  }

  /** Who answered the reads that began in this time, or all of them. */
  answered(lane: string, span?: Span): Answered {
    const reads = this.#reads(lane).filter(({ t }) => {
      return span === undefined || (t >= span.from && t <= span.to)
    })
    const by = (who: Call['from']) => reads.filter(({ from }) => from === who).length
    const nobody = by('nobody')
    const share = reads.length === 0 ? 0 : 1 - nobody / reads.length
    return { reads: reads.length, cache: by('cache'), store: by('store'), nobody, share }
  }

  /**
   * Reads that failed although an entry was there that had not ended: asked of the store less than
   * its time to live ago, and not touched by a write of this lane since.
   */
  unbridged(lane: string): readonly string[] {
    const ttlNs = (this.#ttlMs.get(lane) ?? 0) * NS_PER_MS
    const validUntil = new Map<number, Ns>()
    const forgotten = new Map<number, Ns>()
    return this.#inOrderOfEffect(lane).flatMap(({ path, t, ms, what, from, ageMs, why }) => {
      const ended = t + ms * NS_PER_MS
      if (what === 'write') {
        if (why?.startsWith(REFUSED) === true) return []
        validUntil.delete(path)
        forgotten.set(path, ended)
      } else if (from !== 'nobody') {
        // What was under way when the entry was forgotten is not kept.
        const isKept = t >= (forgotten.get(path) ?? 0)
        if (isKept) validUntil.set(path, ended - (ageMs ?? 0) * NS_PER_MS + ttlNs)
      } else {
        const leftMs = ((validUntil.get(path) ?? 0) - t) / NS_PER_MS
        if (leftMs > TOLERANCE_MS) {
          return [`credential ${path}, whose entry had ${Math.round(leftMs)} ms left: ${why}`]
        }
      }
      return []
    })
  }

  /**
   * How long after this instant something older than `n` was last served, in milliseconds;
   * `undefined` when it never was. A credential that is gone must be served as nothing.
   */
  stale(
    lane: string,
    { path, n, since }: { path: number; n?: number; since: Ns },
  ): number | undefined {
    const old = this.#reads(lane).filter((call) => {
      const isOlder = call.n !== undefined && (n === undefined || call.n < n)
      return call.path === path && call.from !== 'nobody' && call.t > since && isOlder
    })
    const longest = Math.max(...old.map(({ t }) => t - since)) / NS_PER_MS
    return old.length === 0 ? undefined : Math.round(longest)
  }

  /** Served without the store, of all reads that were served. */
  hitRatio(lane: string, span?: Span): number {
    const { cache, store } = this.answered(lane, span)
    return cache / Math.max(1, cache + store)
  }

  hitLatency(lane: string): HitLatency {
    const ms = this.#reads(lane).flatMap((call) => (call.from === 'cache' ? [call.ms] : []))
    if (ms.length === 0) return { hits: 0, p50: 0, p99: 0, p999: 0 }
    return {
      hits: ms.length,
      p50: percentile(ms, 50),
      p99: percentile(ms, 99),
      p999: percentile(ms, 99.9),
    }
  }

  /** From so long after the first call of a lane on. */
  after(lane: string, { ms }: Duration): Span {
    const began = this.#inOrder(lane)[0]?.t ?? 0
    return { from: began + ms * NS_PER_MS, to: Number.POSITIVE_INFINITY }
  }

  get lanes(): readonly string[] {
    return Object.keys(this.#calls)
  }

  #reads(lane: string): readonly Call[] {
    return this.#inOrder(lane).filter(({ what }) => what === 'read')
  }

  /** A read that fails depends on what was there when it began; the others change that at their end. */
  #inOrderOfEffect(lane: string): readonly Call[] {
    const at = ({ t, ms, from, what }: Call): Ns =>
      from === 'nobody' && what === 'read' ? t : t + ms * NS_PER_MS
    return this.#inOrder(lane).toSorted((a, b) => at(a) - at(b))
  }

  #inOrder(lane: string): readonly Call[] {
    const calls = this.#calls[lane]
    if (calls === undefined) throw new RangeError(`there was no lane ${lane}`)
    return calls.toSorted((a, b) => a.t - b.t)
  }
}
