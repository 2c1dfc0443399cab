import { NS_PER_MS, type Ns, type RunClock } from '../lib/clock.ts'

/** One place in the schedule: sent when its time comes, whatever became of the ones before. */
export type Slot = { readonly slot: number; readonly intended: Ns }

export type Scheduled = {
  readonly intervalMs: number
  readonly send: (slot: Slot) => void
  /** Slots whose time passed unused; both ends belong to the range. */
  readonly missed: (fromSlot: number, toSlot: number) => void
}

/** A slot that is later than this is not sent: what it would measure is this process. */
export const LATEST_SEND_MS = 25

/**
 * An open loop on an absolute schedule: slot k of a lane is at `first` + k × interval. Neither
 * slow answers nor a slow loop move the slots that follow.
 */
export class Schedule {
  readonly #clock: RunClock
  readonly #lanes = new Map<Scheduled, { readonly first: Ns; next: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(clock: RunClock) {
    this.#clock = clock
  }

  add(lane: Scheduled, first: Ns): void {
    this.#lanes.set(lane, { first, next: 0 })
    this.#arm()
  }

  remove(lane: Scheduled): void {
    this.#lanes.delete(lane)
    this.#arm()
  }

  stop(): void {
    this.#lanes.clear()
    clearTimeout(this.#timer)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    let next = Number.POSITIVE_INFINITY
    for (const [lane, { first, next: slot }] of this.#lanes) {
      next = Math.min(next, first + slot * lane.intervalMs * NS_PER_MS)
    }
    if (next === Number.POSITIVE_INFINITY) return
    const waitMs = Math.ceil((next - this.#clock.now()) / NS_PER_MS)
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, waitMs))
  }

  #tick(): void {
    for (const [lane, place] of this.#lanes) this.#sendDue(lane, place)
    this.#arm()
  }

  #sendDue(lane: Scheduled, place: { readonly first: Ns; next: number }): void {
    const intervalNs = lane.intervalMs * NS_PER_MS
    let missedFrom: number | undefined
    while (this.#lanes.has(lane)) {
      const slot = place.next
      const intended = place.first + slot * intervalNs
      const lateNs = this.#clock.now() - intended
      if (lateNs < 0) break
      place.next++
      if (lateNs > LATEST_SEND_MS * NS_PER_MS) {
        missedFrom ??= slot
        continue
      }
      if (missedFrom !== undefined) lane.missed(missedFrom, slot - 1)
      missedFrom = undefined
      lane.send({ slot, intended })
    }
    if (missedFrom !== undefined) lane.missed(missedFrom, place.next - 1)
  }
}
