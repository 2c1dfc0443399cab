import { type CutInput, cutOf } from '../consistency/cut.ts'
import type { RunRecord } from '../journal/read.ts'
import { injectedFaults } from './fault-record.ts'
import { readBackFindings } from './read-back-findings.ts'
import { toMs } from './service-recovery.ts'

/** How far what was lost reaches back before the fault, in milliseconds; `hi` is judged. */
export type LossWindow = {
  readonly lo: number
  readonly hi: number
  /** `inconsistent`: something written later survived, so no instant explains what is left. */
  readonly cut: 'consistent' | 'inconsistent'
}

/**
 * What survived is a prefix: all that was sent up to A, nothing that was answered from B on. Of
 * several faults the bounds are the widest ones. Nothing is lost: zero by definition, and not the
 * age of the last write. `undefined` when nobody looked, or something is lost without a fault.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function lossWindow(record: RunRecord): LossWindow | undefined {
  const { ledger, passes, entries } = record
  const found = readBackFindings(record)
  if (ledger === undefined || found === undefined || passes.length === 0) return undefined
  if (found.lost.length === 0) return { lo: 0, hi: 0, cut: 'consistent' }
  const faults = injectedFaults(entries)
  const first = faults[0]?.issued
  if (first === undefined) return undefined
  const last = Math.max(...faults.map(({ proven }) => proven))
  const lost = new Set(found.lost.map(({ n }) => n))
  const writes = ledger.numbers.flatMap((n) => {
    const ret = ledger.acknowledgedAt(n)
    const call = ledger.sentAt(n)
    if (ret === undefined || call === undefined) return []
    return [{ call, ret, acknowledged: true, recovered: !lost.has(n) }]
  })
  const { lastRecovered, firstLost, isConsistent } = cutOf({ writes, ...restoreOf(record) })
  return {
    lo: toMs(Math.max(0, first - firstLost)),
    // Where nothing survived, all that the run wrote is gone.
    hi: toMs(Math.max(0, last - Math.max(0, lastRecovered))),
    cut: isConsistent ? 'consistent' : 'inconsistent',
  }
}

/** The last restore, and the snapshot before it, if the operator did any. */
function restoreOf({ history }: RunRecord): Pick<CutInput, 'snapshot' | 'restore'> {
  const done = (history?.ops ?? []).filter(({ out }) => out.t === 'ack')
  const restore = done.findLast(({ f }) => f === 'restore')
  if (restore === undefined) return {}
  const snapshot = done.findLast(({ f, ret }) => f === 'snapshot' && ret <= restore.call)
  return snapshot === undefined ? { restore } : { snapshot, restore }
}
