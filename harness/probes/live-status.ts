import type { LaneInfo, WriteOutcome } from '../journal/entry.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { Sample } from './lane.ts'

/** What the probe knows at this moment. For waits and displays; verdicts come from the files. */
export type ProbeStatus = {
  readonly t: Ns
  /** The judged lanes, by name. */
  readonly lanes: Readonly<Record<string, LaneStatus>>
  readonly writes: Readonly<Record<WriteOutcome | 'sent', number>>
  readonly nodes: Readonly<Record<string, NodeStatus>>
  /** The node that says it leads; of several the one that says so for the shortest time. */
  readonly leader?: { readonly node: string; readonly since: Ns }
}

/** Stamps are send times. Good samples count from the last bad one, by send time. */
export type LaneStatus = {
  readonly samples: number
  readonly missed: number
  readonly lastOk?: Ns
  readonly lastBad?: Ns
  readonly lastWhy?: string
  readonly goodInARow: number
  readonly goodSince?: Ns
}

/** `health` is the status code of `sys/health`, absent when the node did not answer. */
export type NodeStatus = { readonly health?: number; readonly since: Ns; readonly at: Ns }

/** Answers overtake each other by at most one deadline. */
const REORDERED_NS = 2_000 * NS_PER_MS

export class LiveStatus {
  readonly #lanes = new Map<string, LiveLane>()
  readonly #nodes = new Map<string, NodeStatus>()
  readonly #writes = { sent: 0, acknowledged: 0, refused: 0, unknown: 0 }

  /** @param lanes the judged ones and the health lanes; others are not followed. */
  constructor(lanes: readonly LaneInfo[]) {
    for (const { lane, judged } of lanes) if (judged) this.#lanes.set(lane, new LiveLane())
  }

  countWrite(outcome: WriteOutcome | 'sent'): void {
    this.#writes[outcome]++
  }

  countMissed(lane: string, slots: number): void {
    const live = this.#lanes.get(lane)
    if (live !== undefined) live.missed += slots
  }

  /** Whether the sample is news worth telling at once: a lane turned, or a node's health. */
  addSample(sample: Sample): boolean {
    return this.#lanes.get(sample.lane)?.add(sample) ?? false
  }

  addHealth(node: string, { call, status }: Sample): boolean {
    const before = this.#nodes.get(node)
    if (before !== undefined && call < before.at) return false
    const changed = before === undefined || before.health !== status
    const health = status === undefined ? {} : { health: status }
    this.#nodes.set(node, { ...health, since: changed ? call : before.since, at: call })
    return changed
  }

  summary(t: Ns): ProbeStatus {
    const lanes: Record<string, LaneStatus> = {}
    for (const [name, lane] of this.#lanes) lanes[name] = lane.summary()
    const leader = [...this.#nodes]
      .filter(([, { health }]) => health === 200)
      .map(([node, { since }]) => ({ node, since }))
      .toSorted((a, b) => b.since - a.since)[0]
    return {
      t,
      lanes,
      writes: { ...this.#writes },
      nodes: Object.fromEntries(this.#nodes),
      ...(leader === undefined ? {} : { leader }),
    }
  }
}

class LiveLane {
  missed = 0
  #samples = 0
  #older = 0
  #olderSince: Ns | undefined
  /** Send times of good samples that a bad one may still overtake. */
  #recent: Ns[] = []
  #lastOk: Ns | undefined
  #lastBad: Ns | undefined
  #lastWhy: string | undefined

  add({ call, ok, why }: Sample): boolean {
    this.#samples++
    const wasGood = this.#goodInARow() > 0
    if (ok) this.#addGood(call)
    else this.#addBad(call, why)
    return wasGood !== this.#goodInARow() > 0
  }

  #addGood(call: Ns): void {
    this.#lastOk = Math.max(this.#lastOk ?? call, call)
    if (this.#lastBad !== undefined && call < this.#lastBad) return
    this.#recent.push(call)
    while (this.#recent.length > 1 && (this.#recent[0] as Ns) < call - REORDERED_NS) {
      this.#olderSince ??= this.#recent[0]
      this.#recent.shift()
      this.#older++
    }
  }

  #addBad(call: Ns, why: string | undefined): void {
    if (this.#lastBad !== undefined && call < this.#lastBad) return
    this.#lastBad = call
    this.#lastWhy = why
    this.#older = 0
    this.#olderSince = undefined
    this.#recent = this.#recent.filter((good) => good > call)
  }

  #goodInARow(): number {
    return this.#older + this.#recent.length
  }

  summary(): LaneStatus {
    const goodSince =
      this.#olderSince ?? (this.#recent.length === 0 ? undefined : Math.min(...this.#recent))
    return {
      samples: this.#samples,
      missed: this.missed,
      goodInARow: this.#goodInARow(),
      ...(this.#lastOk === undefined ? {} : { lastOk: this.#lastOk }),
      ...(this.#lastBad === undefined ? {} : { lastBad: this.#lastBad }),
      ...(this.#lastWhy === undefined ? {} : { lastWhy: this.#lastWhy }),
      ...(goodSince === undefined ? {} : { goodSince }),
    }
  }
}
