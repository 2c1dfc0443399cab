import type { ObjectiveSpec } from '../journal/entry.ts'
import { audible, type DetectorId, type Finding, type Off } from './detections.ts'

/**
 * The words of a verdict. An objective is met, missed or inconclusive, never just "not met":
 * not knowing is neither success nor a defect of the product.
 */

export type ObjectiveVerdict = 'met' | 'missed' | 'inconclusive'

/**
 * Why nobody can say: the measurement is suspect (`assumption`), nothing was put to the test
 * (`vacuous`), the record is too short or too coarse (`undecided`), or the harness and its
 * surroundings failed (`infrastructure`).
 */
export type Cause = 'assumption' | 'vacuous' | 'undecided' | 'infrastructure'

/** Whether its limit is a time, which a run may set otherwise. */
export const hasTimeLimit = (
  objective: ObjectiveSpec,
): objective is Extract<ObjectiveSpec, { kind: 'rto' | 'slo' }> =>
  objective.kind === 'rto' || (objective.kind === 'slo' && objective.of !== 'errors')

/** In the objective's unit; `hi: null` when the record ends before an upper bound is known. */
export type Interval = { readonly lo: number; readonly hi: number | null }

export type Judgement = {
  /** `null` when there was nothing to measure. */
  readonly measured: Interval | number | null
  readonly verdict: ObjectiveVerdict
  readonly cause?: Cause
  /** One sentence without a full stop, for people. */
  readonly because: string
  /** Met, but so close to the limit that the next run may miss. */
  readonly atRisk?: boolean
  /** The detectors that rang; kept when a gate overrides the judgement. */
  readonly found?: readonly DetectorId[]
  /** Acknowledged writes are gone: no gate may hide that. */
  readonly writesLost?: true
}

const BADNESS: Readonly<Record<ObjectiveVerdict, number>> = { met: 0, inconclusive: 1, missed: 2 }

/** Missed before inconclusive before met. */
export function worst(verdicts: readonly ObjectiveVerdict[]): ObjectiveVerdict {
  return verdicts.reduce((a, b) => (BADNESS[b] > BADNESS[a] ? b : a), 'met')
}

export const inconclusive = (
  cause: Cause,
  because: string,
  measured: Judgement['measured'] = null,
): Judgement => ({ measured, verdict: 'inconclusive', cause, because })

/** Missed when a rule was broken whose detector is on; else what `otherwise` says. */
export function missedBy(
  findings: readonly Finding[],
  off: Off,
  measured: Judgement['measured'],
  otherwise: () => Judgement,
): Judgement {
  const heard = audible(findings, off)
  const [first] = heard
  if (first === undefined) return otherwise()
  return {
    measured,
    verdict: 'missed',
    because: first.because,
    found: [...new Set(heard.map(({ id }) => id))],
  }
}

/** A miss that one detector stands for; without it nobody notices. */
export function heardBy(id: DetectorId, judgement: Judgement, off: Off): Judgement {
  if (judgement.verdict !== 'missed') return judgement
  return off.has(id) ? { ...judgement, verdict: 'met' } : { ...judgement, found: [id] }
}
