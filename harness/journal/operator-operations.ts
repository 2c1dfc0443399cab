import type { Entry } from './entry.ts'
import type { History, Op } from './history.ts'

/** The history with what the operator did to all registers at once: it stands in the journal. */
export function withOperator(
  history: History | undefined,
  entries: readonly Entry[],
): History | undefined {
  if (history === undefined) return undefined
  const last = history.ops.reduce((highest, { i }) => Math.max(highest, i), 0)
  const ops = operatorOps(entries, last)
  if (ops.length === 0) return history
  return { ...history, ops: [...history.ops, ...ops].sort((a, b) => a.call - b.call || a.i - b.i) }
}

/** Numbered on from the last one of the workload. Without an answer one is unknown, for ever. */
function operatorOps(entries: readonly Entry[], last: number): readonly Op[] {
  const ended = new Map(
    entries.flatMap((entry) =>
      entry.kind === 'operation.ended' ? [[entry.data.operation, entry] as const] : [],
    ),
  )
  const passedOver = snapshotsPassedOver(entries)
  return entries.flatMap((entry): readonly Op[] => {
    if (entry.kind !== 'operation.began') return []
    const { operation, f } = entry.data
    if (passedOver.has(operation)) return []
    const end = ended.get(operation)
    const i = last + operation
    const common = { client: 0, stream: -operation, tenant: '', key: '', path: 'operator' } as const
    return [
      {
        ...common,
        i,
        f,
        conn: 'fresh',
        intended: entry.t,
        call: entry.t,
        ...(end === undefined || end.data.outcome === 'unknown'
          ? { ret: Number.POSITIVE_INFINITY, out: { t: 'unknown', why: end?.data.why ?? NO_END } }
          : { ret: end.t, out: outcomeOf(end.data) }),
      },
    ]
  })
}

/**
 * Snapshots that were made between one and its restore: whoever asks what was restored takes the
 * last one before it, and these are not it.
 */
function snapshotsPassedOver(entries: readonly Entry[]): ReadonlySet<number> {
  const began = entries.flatMap((entry) => (entry.kind === 'operation.began' ? [entry.data] : []))
  const restores = began.filter(({ f, of }) => f === 'restore' && of !== undefined)
  const isBetween = (n: number) => restores.some(({ operation, of = n }) => n > of && n < operation)
  const snapshots = began.filter(({ f, operation }) => f === 'snapshot' && isBetween(operation))
  return new Set(snapshots.map(({ operation }) => operation))
}

const NO_END = 'the record ends before its answer'

const outcomeOf = ({ outcome, why }: { outcome: string; why?: string }): Op['out'] =>
  outcome === 'acknowledged' ? { t: 'ack' } : { t: 'refused', why: why ?? 'refused' }
