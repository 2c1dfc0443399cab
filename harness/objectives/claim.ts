import type { ClaimSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Duration } from '../lib/duration.ts'
import { NONE_OFF } from './detections.ts'
import { loadGatesOf } from './load-gates.ts'
import type { Interval } from './objective.ts'
import type { StableRule } from './recovery.ts'
import { judgeRto, rto } from './rto.ts'
import { judgeSlo, type SloSpec } from './slo.ts'

/** A number that a source document states; it is reported as held or not and fails no run. */
export function claim({
  source,
  says,
  ...of
}: {
  readonly source: string
  readonly says: string
} & ({ readonly rtoWithin: Duration } | { readonly slo: SloSpec })): ClaimSpec {
  if ('rtoWithin' in of) return { source, says, of: 'rto', limitMs: of.rtoWithin.ms }
  const { source: _, ...slo } = of.slo
  return { source, says, of: 'slo', slo }
}

export type JudgedClaim = {
  readonly source: string
  readonly says: string
  readonly limit: number
  /** Absent: milliseconds. */
  readonly unit?: 'share'
  readonly measured: Interval | null
  /** `null` when the measurement cannot tell. */
  readonly held: boolean | null
}

export function judgeClaim(spec: ClaimSpec, record: RunRecord, rule: StableRule): JudgedClaim {
  if (spec.of === 'slo') return judgeLoadClaim(spec, record)
  const { verdict, measured } = judgeRto(
    rto({
      within: { ms: spec.limitMs },
      holdDown: { ms: rule.holdDownMs },
      stableCount: rule.stableCount,
    }),
    record,
  )
  return {
    source: spec.source,
    says: spec.says,
    limit: spec.limitMs,
    measured: typeof measured === 'number' ? null : measured,
    held: verdict === 'inconclusive' ? null : verdict === 'met',
  }
}

/** Held or not only where an objective of the same words would be believed. */
function judgeLoadClaim(
  { source, says, slo }: Extract<ClaimSpec, { of: 'slo' }>,
  record: RunRecord,
): JudgedClaim {
  const { verdict, measured } = judgeSlo(slo, record, NONE_OFF)
  const isOfBaseline = slo.phases.every((phase) => phase === 'baseline')
  const gates = loadGatesOf(record, [slo]).filter(
    // k6 is told of promises only, and a number of the baseline is not held against itself.
    ({ id }) => id !== 'load-thresholds' && !(isOfBaseline && id === 'load-baseline'),
  )
  const isBelieved = verdict !== 'inconclusive' && gates.every(({ held }) => held)
  return {
    source,
    says,
    limit: slo.limit,
    ...(slo.of === 'errors' ? { unit: 'share' as const } : {}),
    measured: typeof measured === 'number' ? { lo: measured, hi: measured } : null,
    held: isBelieved ? verdict === 'met' : null,
  }
}
