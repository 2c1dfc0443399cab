import type { Expectation, JournalData } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { type DetectorId, NONE_OFF, type Off } from './detections.ts'
import { failedGates, type Gate } from './gate.ts'
import type { Cause } from './objective.ts'
import type { JudgedObjective, Verdict } from './verdict.ts'

export type Conclusion = Pick<Verdict, 'verdict' | 'why' | 'cause'> & {
  /** What rang beside gates and objectives. */
  readonly rang?: DetectorId
}

/**
 * From the objectives to the one word of the scenario. The order is the order of what must
 * never be hidden: an unexpected miss, then whatever kept the scenario from its end, then what
 * could not be decided. `passed` is reached only when every objective said what it should and
 * the journal says that the scenario ended without an error.
 */
export function conclude(
  record: RunRecord,
  objectives: readonly JudgedObjective[],
  gates: readonly Gate[],
  off: Off = NONE_OFF,
): Conclusion {
  const { expects } = record.frozen
  const broken = brokenOff(record, gates, off)
  const missed = objectives.filter((objective) => objective.verdict === 'missed')
  const surprises = missed.filter(
    (objective) =>
      !expects.some((expected) => asExpected(expected, objective)) &&
      !(broken?.cause === 'infrastructure' && isOnlyABound(objective)),
  )
  const surprise = surprises[0]
  if (surprise !== undefined) {
    const more = surprises.length > 1 ? `; ${surprises.length - 1} more missed` : ''
    return { verdict: 'failed', why: `${named(surprise)} missed: ${surprise.because}${more}` }
  }
  if (broken !== undefined) return broken
  for (const expected of expects) {
    const objective = objectives.find(({ id }) => id === expected.missed)
    if (objective === undefined) {
      return doubt('vacuous', `"${expected.missed}" is expected to be missed and is no objective`)
    }
    if (objective.verdict === 'met') {
      const why = `${named(objective)} was met, although it should be missed (${expected.because}): ${objective.because}`
      if (off.has('expects')) continue
      return { verdict: 'failed', why, rang: 'expects' }
    }
    // Elsewhere a vacuous miss is still a miss; here it would be a pass.
    const [vacuous] = failedGates(gates, 'vacuity', objective.id)
    if (vacuous !== undefined) return doubt('vacuous', `${vacuous.id}: ${vacuous.reason}`)
  }
  const open = objectives.filter(({ verdict }) => verdict === 'inconclusive')
  const [first] = open
  if (first !== undefined) {
    return doubt(leadingCause(open), `${named(first)} is inconclusive: ${first.because}`)
  }
  if (objectives.length === 0) return doubt('vacuous', 'the scenario promised nothing')
  return { verdict: 'passed', why: objectives.map(({ because }) => because).join('; ') }
}

/** As people write it. */
const named = ({ id }: JudgedObjective): string =>
  id.replace(/^slo-(all-)?(?=.)/, 'SLO ').replace(/^(rto|rpo)\b/, (word) => word.toUpperCase())

const doubt = (cause: Cause, why: string): Conclusion & { readonly cause: Cause } => ({
  verdict: 'inconclusive',
  cause,
  why,
})

/** What kept the scenario from its end, if anything did. */
function brokenOff(
  { entries }: RunRecord,
  gates: readonly Gate[],
  off: Off,
): Conclusion | undefined {
  const aborted = entries.find((entry) => entry.kind === 'aborted')
  if (aborted !== undefined && !off.has('aborted')) {
    return { verdict: 'aborted', why: aborted.data.why, rang: 'aborted' }
  }
  const errors = entries
    .filter((entry) => entry.kind === 'error')
    .map(({ data }) => ({ ...data, rang: isOfStep(data) ? ('step' as const) : ('error' as const) }))
    .filter(({ rang }) => !off.has(rang))
  // A machine that failed explains the step that failed on it.
  const error =
    errors.find(({ infrastructure }) => infrastructure) ??
    errors.find(({ rang }) => rang === 'step') ??
    errors[0]
  if (error?.rang === 'step') return { ...stepFailed(error, gates), rang: 'step' }
  if (error !== undefined) {
    const { message, infrastructure, rang } = error
    return { ...doubt(infrastructure ? 'infrastructure' : 'assumption', message), rang }
  }
  const skipped = entries.find((entry) => entry.kind === 'skipped')
  if (skipped !== undefined) {
    const { why } = skipped.data
    // What was broken before it turned out that the rest cannot be done is not nothing.
    const isUntouched = !entries.some(({ kind }) => kind === 'fault.injected')
    return isUntouched ? { verdict: 'skipped', why } : doubt('infrastructure', why)
  }
  if (!entries.some(({ kind }) => kind === 'ended') && !off.has('ended')) {
    const why = 'the journal has no end: the process that ran the scenario died'
    return { ...doubt('infrastructure', why), rang: 'ended' }
  }
  return undefined
}

type MetError = JournalData['error']

const isOfStep = ({ infrastructure, step }: MetError): boolean =>
  step !== undefined && !infrastructure

/** The operator could not go on, which is a miss like any other: a doubt takes it away as well. */
function stepFailed({ message, step }: MetError, gates: readonly Gate[]): Conclusion {
  const why = `step "${step?.title}" of ${step?.procedure} failed: ${message}`
  const [unsound] = gates.filter(
    ({ kind, held, guards }) => kind === 'soundness' && !held && guards.length === 0,
  )
  if (unsound === undefined) return { verdict: 'failed', why }
  const reason = `${unsound.id}: ${unsound.reason}; without this doubt: failed, ${why}`
  return doubt('assumption', reason)
}

/** Missed only because the service was not seen to come back, which a dead engine explains too. */
const isOnlyABound = ({ measured }: JudgedObjective): boolean =>
  measured !== null && typeof measured === 'object' && measured.hi === null

/** `because` is a pattern that the objective's own sentence must match. */
function asExpected(
  { missed, because }: Expectation,
  { id, because: seen }: JudgedObjective,
): boolean {
  if (missed !== id) return false
  try {
    return new RegExp(because, 'i').test(seen)
  } catch {
    return seen.includes(because) // not a pattern, so meant as it stands
  }
}

const CAUSES: readonly Cause[] = ['assumption', 'vacuous', 'undecided', 'infrastructure']

function leadingCause(open: readonly JudgedObjective[]): Cause {
  return CAUSES.find((cause) => open.some((objective) => objective.cause === cause)) ?? 'assumption'
}
