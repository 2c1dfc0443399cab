import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NS_PER_MS, RunClock } from '../lib/clock.ts'
import { LATEST_SEND_MS, Schedule, type Scheduled, type Slot } from './schedule.ts'

type Sent = Slot & { readonly lateMs: number }

class Recorder implements Scheduled {
  readonly intervalMs: number
  readonly sent: Sent[] = []
  readonly ranges: (readonly [number, number])[] = []
  readonly #clock: RunClock
  readonly #onSend: (slot: Slot) => void

  constructor(clock: RunClock, intervalMs: number, onSend: (slot: Slot) => void = () => {}) {
    this.#clock = clock
    this.intervalMs = intervalMs
    this.#onSend = onSend
  }

  send(slot: Slot): void {
    this.sent.push({ ...slot, lateMs: (this.#clock.now() - slot.intended) / NS_PER_MS })
    this.#onSend(slot)
  }

  missed(fromSlot: number, toSlot: number): void {
    this.ranges.push([fromSlot, toSlot])
  }

  missedSlots(): number[] {
    return this.ranges.flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    )
  }

  /** All slots that were accounted for. */
  slots(): number[] {
    return [...this.sent.map(({ slot }) => slot), ...this.missedSlots()].toSorted((a, b) => a - b)
  }
}

function start() {
  const clock = new RunClock()
  const schedule = new Schedule(clock)
  onTestFinished(() => schedule.stop())
  return { clock, schedule, first: clock.now() + 20 * NS_PER_MS }
}

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('a schedule', () => {
  test('sends slot k at the first slot plus k intervals, never before', async () => {
    const { clock, schedule, first } = start()
    const lane = new Recorder(clock, 5)
    schedule.add(lane, first)
    await sleep(200)
    schedule.stop()
    expect(lane.sent.length).toBeGreaterThan(5)
    for (const { slot, intended, lateMs } of lane.sent) {
      expect(intended).toBe(first + slot * 5 * NS_PER_MS)
      expect(lateMs).toBeGreaterThanOrEqual(0)
    }
  })

  test('accounts for every slot once, also when the loop is blocked', async () => {
    const { clock, schedule, first } = start()
    const lane = new Recorder(clock, 5)
    schedule.add(lane, first)
    await sleep(60)
    block(120)
    await sleep(60)
    schedule.stop()
    expect(lane.slots()).toEqual(lane.slots().map((_, k) => k))
    expect(lane.missedSlots().length).toBeGreaterThanOrEqual((120 - LATEST_SEND_MS) / 5 - 1)
    for (const { lateMs } of lane.sent) expect(lateMs).toBeLessThan(LATEST_SEND_MS + 5)
  })

  test('still sends what is late by less than the limit', async () => {
    const { clock, schedule, first } = start()
    const late: Sent[] = []
    const lane = new Recorder(clock, 5, ({ slot }) => {
      if (slot === 4) block(12)
      if (slot === 5) late.push(...lane.sent.slice(-1))
    })
    schedule.add(lane, first)
    await sleep(100)
    schedule.stop()
    expect(late[0]?.lateMs).toBeGreaterThanOrEqual(7)
  })

  test('keeps lanes apart, and a lane that was removed sends nothing more', async () => {
    const { clock, schedule, first } = start()
    const fast = new Recorder(clock, 5)
    const slow = new Recorder(clock, 50)
    schedule.add(fast, first)
    schedule.add(slow, first)
    await sleep(130)
    schedule.remove(fast)
    const { length } = fast.slots()
    await sleep(80)
    schedule.stop()
    expect(fast.slots()).toHaveLength(length)
    expect(slow.slots().length).toBeGreaterThanOrEqual(4)
    expect(slow.slots().length).toBeLessThan(length)
  })

  test('lets a lane end itself while it sends', async () => {
    const { clock, schedule, first } = start()
    const lane: Recorder = new Recorder(clock, 5, () => schedule.remove(lane))
    schedule.add(lane, first)
    await sleep(80)
    expect(lane.sent).toHaveLength(1)
  })
})
