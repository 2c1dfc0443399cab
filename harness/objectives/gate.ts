import type { ObjectiveSpec } from '../journal/entry.ts'
import type { Judgement } from './objective.ts'

/**
 * A gate says whether a verdict may be believed. *Soundness*: is the measurement itself right?
 * *Vacuity*: was anything put to the test?
 */
export type Gate = {
  readonly id: string
  readonly kind: 'soundness' | 'vacuity'
  /** Ids of the objectives it guards; empty: all. */
  readonly guards: readonly string[]
  readonly held: boolean
  readonly reason: string
}

type MakeGate = (id: string, guards: readonly string[], held: boolean, reason: string) => Gate

export const sound: MakeGate = (id, guards, held, reason) => {
  return { id, kind: 'soundness', guards, held, reason }
}
export const vacuity: MakeGate = (id, guards, held, reason) => {
  return { id, kind: 'vacuity', guards, held, reason }
}

/** Ids of the objectives of these kinds: what a gate about them guards. */
export const idsOf = (
  objectives: readonly ObjectiveSpec[],
  ...kinds: readonly ObjectiveSpec['kind'][]
): readonly string[] => objectives.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id)

const guarding = (gate: Gate, id: string): boolean =>
  gate.guards.length === 0 || gate.guards.includes(id)

/** The gates of this kind that failed and guard this objective. */
export const failedGates = (
  gates: readonly Gate[],
  kind: Gate['kind'],
  id: string,
): readonly Gate[] => gates.filter((gate) => gate.kind === kind && !gate.held && guarding(gate, id))

/**
 * A failed soundness gate overrides met and missed, a failed vacuity gate only met. Neither
 * hides a lost acknowledged write.
 * @see docs/decisions/three-valued-verdicts.md
 */
export function throughGates(
  spec: ObjectiveSpec,
  judgement: Judgement,
  gates: readonly Gate[],
): Judgement {
  const { verdict, because } = judgement
  if (judgement.writesLost === true || verdict === 'inconclusive') return judgement
  const [unsound] = failedGates(gates, 'soundness', spec.id)
  if (unsound !== undefined) return overridden('assumption', unsound)
  const [vacuous] = failedGates(gates, 'vacuity', spec.id)
  return verdict === 'met' && vacuous !== undefined ? overridden('vacuous', vacuous) : judgement

  function overridden(cause: 'assumption' | 'vacuous', gate: Gate): Judgement {
    const reason = `${gate.id}: ${gate.reason}; without this doubt: ${verdict}, ${because}`
    const { atRisk: _, ...kept } = judgement
    return { ...kept, verdict: 'inconclusive', cause, because: reason }
  }
}
