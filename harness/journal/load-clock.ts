import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { Entry } from './entry.ts'
import { wallTimeOf } from './load-line.ts'

type Pair = { readonly wallMs: number; readonly t: Ns }

/**
 * Places wall-clock times of another program on the run's clock, by the pairs of both that the
 * journal has: between two pairs by the share of the way, outside by the nearest.
 */
export class LoadClock {
  readonly #pairs: readonly Pair[]
  /** k6 stamps thousands of samples in one second: its first part is parsed once. */
  #second = ''
  #secondMs = 0

  constructor(entries: readonly Entry[]) {
    this.#pairs = entries
      .filter((entry) => entry.kind === 'clock')
      .map(({ data }) => data)
      .sort((a, b) => a.wallMs - b.wallMs)
  }

  /** `undefined` when the text is no time, or the journal never compared the clocks. */
  place(time: string): Ns | undefined {
    const [first] = this.#pairs
    if (first === undefined) return undefined
    const wall = this.#wall(time)
    if (wall === undefined) return undefined
    const ms = wall.secondMs + wall.ns / NS_PER_MS
    const { wallMs, t } = this.#pairs.findLast((pair) => pair.wallMs <= ms) ?? first
    const next = this.#pairs.find((pair) => pair.wallMs > ms)
    const sinceNs = (wall.secondMs - wallMs) * NS_PER_MS + wall.ns
    if (next === undefined || next.wallMs <= wallMs || ms < wallMs) return t + sinceNs
    const moved = next.t - t - (next.wallMs - wallMs) * NS_PER_MS
    return t + sinceNs + moved * ((ms - wallMs) / (next.wallMs - wallMs))
  }

  #wall(time: string): ReturnType<typeof wallTimeOf> {
    const dot = 19
    if (time.length > dot + 2 && time[dot] === '.' && time.endsWith('Z') && time.length <= 30) {
      const digits = time.slice(dot + 1, -1)
      if (time.startsWith(this.#second) && this.#second !== '' && /^\d+$/.test(digits)) {
        return { secondMs: this.#secondMs, ns: Number(digits.padEnd(9, '0')) }
      }
    }
    const wall = wallTimeOf(time)
    if (wall !== undefined && time.endsWith('Z')) {
      this.#second = time.slice(0, dot)
      this.#secondMs = wall.secondMs
    }
    return wall
  }
}
