import { NS_PER_MS } from '../lib/clock.ts'
import type { LaneInfo } from './entry.ts'
import { LaneBuilder, type LaneSamples } from './samples.ts'

/** A simulated service and an open-loop probe of it, for tests that know the truth. */

export type MadeTrouble = {
  readonly fromMs: number
  readonly toMs: number
  /**
   * `refused`: an error at once. `hung`: silence until the deadline, or an answer when the
   * trouble ends before it. `lost`: silence until the deadline, whatever happens.
   */
  readonly how: 'refused' | 'hung' | 'lost'
}

export const madeLaneInfo: LaneInfo = {
  lane: 'write',
  kind: 'write',
  judged: true,
  target: 'balancer',
  intervalMs: 5,
  deadlineMs: 1000,
}

export function madeLane({
  info = madeLaneInfo,
  untilMs,
  troubles,
  lateMs = () => 0.1,
  latencyMs = () => 2,
  skip = () => false,
}: {
  readonly info?: LaneInfo
  readonly untilMs: number
  readonly troubles: readonly MadeTrouble[]
  readonly lateMs?: (slot: number) => number
  readonly latencyMs?: (slot: number) => number
  /** Slots that the probe never sent. */
  readonly skip?: (slot: number) => boolean
}): LaneSamples {
  const lane = new LaneBuilder(info)
  for (let slot = 0; slot * info.intervalMs < untilMs; slot++) {
    if (skip(slot)) continue
    const intendedMs = slot * info.intervalMs
    const callMs = intendedMs + lateMs(slot)
    const tookMs = latencyMs(slot)
    // The server acts half-way through the exchange.
    const arrivesMs = callMs + tookMs / 2
    const trouble = troubles.find(({ fromMs, toMs }) => arrivesMs >= fromMs && arrivesMs < toMs)
    const waitsMs = trouble === undefined ? 0 : trouble.toMs - arrivesMs
    const answered =
      trouble === undefined || (trouble.how === 'hung' && waitsMs + tookMs < info.deadlineMs)
    const retMs = answered
      ? callMs + tookMs + waitsMs
      : trouble?.how === 'refused'
        ? callMs + Math.min(tookMs, info.intervalMs)
        : callMs + info.deadlineMs
    lane.add({
      lane: info.lane,
      slot,
      intended: intendedMs * NS_PER_MS,
      call: Math.round(callMs * NS_PER_MS),
      ret: Math.round(retMs * NS_PER_MS),
      ok: answered,
      ...(answered ? { status: 200 } : {}),
    })
  }
  return lane.finish()
}
