import type { LoadPhase, LoadQuantile, ObjectiveSpec } from '../journal/entry.ts'
import type { Duration } from '../lib/duration.ts'

export type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/** The one number that is promised: a quantile of the latency, or the share of failed requests. */
export type SloLimit =
  | { readonly p50: Duration }
  | { readonly p90: Duration }
  | { readonly p99: Duration }
  | { readonly p999: Duration }
  /** 0…1. */
  | { readonly errors: number }

/**
 * A service level of the load, judged in each of the phases apart:
 * `slo({ op: 'read', p99: milliseconds(20), phases: ['steady'], source: 'HLD:749' })`.
 */
export function slo({
  id,
  op,
  phases,
  load,
  source,
  ...limit
}: SloLimit & {
  /** Absent: `slo-<op>-<what>`. */
  readonly id?: string
  readonly op: SloSpec['op']
  readonly phases: readonly LoadPhase[]
  /** Which load, where several run; absent: every open one together. */
  readonly load?: string
  readonly source?: string
}): SloSpec {
  const [of, value] = only(limit)
  return {
    kind: 'slo',
    id: id ?? `slo-${op}-${of}`,
    op,
    of,
    limit: value,
    phases,
    ...(load === undefined ? {} : { load }),
    ...(source === undefined ? {} : { source }),
  }
}

function only(limit: SloLimit): readonly [SloSpec['of'], number] {
  if ('errors' in limit) return ['errors', limit.errors]
  const [[of, { ms }]] = Object.entries(limit) as [[LoadQuantile, Duration]]
  return [of, ms]
}
