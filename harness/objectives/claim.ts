import type { ClaimSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Duration } from '../lib/duration.ts'
import type { Interval } from './objective.ts'
import type { StableRule } from './recovery.ts'
import { judgeRto, rto } from './rto.ts'
import type { SloSpec } from './slo.ts'

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
  readonly measured: Interval | null
  /** `null` when the measurement cannot tell. */
  readonly held: boolean | null
}

export function judgeClaim(spec: ClaimSpec, record: RunRecord, rule: StableRule): JudgedClaim {
  if (spec.of === 'slo') {
    return {
      source: spec.source,
      says: spec.says,
      limit: spec.slo.limit,
      measured: null,
      held: null,
    }
  }
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
