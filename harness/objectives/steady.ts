import type { RunRecord } from '../journal/read.ts'
import { callAt, isGood, isJudged, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { injectedFaults } from './fault-record.ts'
import { lastStartOf, startOf } from './phase-span.ts'

/** What the judged lanes did before anything was broken. */
export type SteadyState = {
  readonly from: Ns
  readonly to: Ns
  readonly ms: number
  readonly acknowledged: number
  readonly lanes: readonly {
    readonly lane: string
    readonly scheduled: number
    readonly sent: number
    readonly good: number
  }[]
}

/**
 * From the last start of the steady phase to the first fault; where there is none to the first
 * procedure, which may disturb as well, and else to the healing.
 */
export function steadyState(record: RunRecord): SteadyState | undefined {
  const from = lastStartOf(record.entries, 'steady')
  const to =
    injectedFaults(record.entries)[0]?.issued ??
    record.entries.find(({ kind }) => kind === 'procedure.started')?.t ??
    startOf(record.entries, 'heal') ??
    record.entries.at(-1)?.t
  if (from === undefined || to === undefined || to <= from) return undefined
  const lanes = record.lanes.filter(isJudged).map((lane) => {
    let sent = 0
    let good = 0
    for (let i = 0; i < lane.count; i++) {
      // One that was under way when the fault came belongs to the fault.
      if (callAt(lane, i) < from || retAt(lane, i) >= to) continue
      sent++
      if (isGood(lane, i)) good++
    }
    const scheduled = Math.floor((to - from) / (lane.info.intervalMs * NS_PER_MS))
    return { lane: lane.info.lane, scheduled, sent, good }
  })
  const write = record.lanes.find(({ info }) => info.kind === 'write' && info.judged)
  const acknowledged = lanes.find(({ lane }) => lane === write?.info.lane)?.good ?? 0
  return { from, to, ms: (to - from) / NS_PER_MS, acknowledged, lanes }
}
