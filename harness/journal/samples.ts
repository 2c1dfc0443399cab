import type { Ns } from '../lib/clock.ts'
import { float64, int32, uint8, uint16 } from './columns.ts'
import type { LaneInfo, ProbeData } from './entry.ts'

/** The samples of one lane, one column per field, ordered by the instant they were sent. */
export type LaneSamples = {
  readonly info: LaneInfo
  readonly count: number
  readonly slot: Int32Array
  readonly intended: Float64Array
  readonly call: Float64Array
  readonly ret: Float64Array
  readonly ok: Uint8Array
  /** 0: no answer. */
  readonly status: Uint16Array
  /** Index into `whys`; 0 is "no reason". */
  readonly why: Uint16Array
  readonly whys: readonly string[]
}

const WHYS_MAX = 65_535
const WHY_LONGEST = 300

export class LaneBuilder {
  readonly #info: LaneInfo
  readonly #slot = int32()
  readonly #intended = float64()
  readonly #call = float64()
  readonly #ret = float64()
  readonly #ok = uint8()
  readonly #status = uint16()
  readonly #why = uint16()
  readonly #whys = ['']
  readonly #indexOfWhy = new Map<string, number>([['', 0]])

  /** @throws {RangeError} without an interval and a deadline: slots could not be counted. */
  constructor(info: LaneInfo) {
    if (!(info.intervalMs > 0 && info.deadlineMs > 0)) {
      throw new RangeError(`lane ${info.lane} has no interval or no deadline`)
    }
    this.#info = info
  }

  add(sample: ProbeData['sample']): void {
    this.#slot.push(sample.slot)
    this.#intended.push(sample.intended)
    this.#call.push(sample.call)
    this.#ret.push(sample.ret)
    this.#ok.push(sample.ok ? 1 : 0)
    this.#status.push(sample.status ?? 0)
    this.#why.push(this.#indexOf(sample.why ?? ''))
  }

  finish(): LaneSamples {
    const order = this.#orderByCall()
    return {
      info: this.#info,
      count: this.#call.length,
      slot: this.#slot.inOrder(order),
      intended: this.#intended.inOrder(order),
      call: this.#call.inOrder(order),
      ret: this.#ret.inOrder(order),
      ok: this.#ok.inOrder(order),
      status: this.#status.inOrder(order),
      why: this.#why.inOrder(order),
      whys: this.#whys,
    }
  }

  /** Samples are recorded when they are answered; what counts is when they were sent. */
  #orderByCall(): Uint32Array | undefined {
    const callOf = (i: number): number => this.#call.at(i) as number
    let ordered = true
    for (let i = 1; i < this.#call.length && ordered; i++) ordered = callOf(i - 1) <= callOf(i)
    // Nothing hung: a long record is not copied to stay as it is.
    if (ordered) return undefined
    const order = Uint32Array.from({ length: this.#call.length }, (_, i) => i)
    return order.sort((a, b) => callOf(a) - callOf(b) || a - b)
  }

  #indexOf(why: string): number {
    const known = this.#indexOfWhy.get(why)
    if (known !== undefined) return known
    if (this.#whys.length >= WHYS_MAX) return 0
    if (why.length > WHY_LONGEST) return this.#indexOf(`${why.slice(0, WHY_LONGEST - 1)}…`)
    this.#whys.push(why)
    this.#indexOfWhy.set(why, this.#whys.length - 1)
    return this.#whys.length - 1
  }
}

/** Index of the first sample sent at `t` or later. */
export function firstSentFrom(lane: LaneSamples, t: Ns): number {
  let low = 0
  let high = lane.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lane.call[middle] as number) < t) low = middle + 1
    else high = middle
  }
  return low
}

export const isGood = (lane: LaneSamples, i: number): boolean => lane.ok[i] === 1

export const callAt = (lane: LaneSamples, i: number): Ns => lane.call[i] as number

export const retAt = (lane: LaneSamples, i: number): Ns => lane.ret[i] as number

/** Of the lanes that decide recovery time and outage: writes and reads through the balancer. */
export const isJudged = ({ info }: LaneSamples): boolean =>
  info.judged && (info.kind === 'write' || info.kind === 'read')
