import type { RunRecord } from '../journal/read.ts'
import { DETECTORS, type DetectorId, NONE_OFF, type Off } from '../objectives/detections.ts'
import { judgeScenario } from '../objectives/judge.ts'
import type { RecordPlant } from './defect.ts'
import { type Trial, trialOf } from './outcome.ts'

/** A record with a planted defect, as it was judged. */
export type Kept = {
  readonly id: string
  readonly record: RunRecord
  readonly trial: Trial
  /** With which checkers it was judged. */
  readonly of?: Pick<RecordPlant, 'inCheckers' | 'isInnocent'>
  /** Detectors that were off when it was judged. */
  readonly off?: Off
}

/** Whether a detector is needed: what comes through when it does not ring. */
export type DetectorProof = {
  readonly detector: DetectorId
  readonly says: string
  /** Ids of the planted defects that nobody else notices. Empty: redundant. */
  readonly letsThrough: readonly string[]
}

/**
 * Switches every detector off, one after the other, and judges all records again in which it
 * rang. A detector without which nothing comes through is not proved to work.
 */
export function proveDetectors(kept: readonly Kept[]): readonly DetectorProof[] {
  return (Object.keys(DETECTORS) as DetectorId[]).map((detector) => {
    const letsThrough = new Set<string>()
    for (const { id, record, trial, of = {}, off = NONE_OFF } of kept) {
      if (letsThrough.has(id) || trial.passed || !trial.rang.includes(detector)) continue
      const verdict = judgeScenario(record, {
        without: new Set([...off, detector]),
        ...(of.inCheckers === undefined ? {} : { planted: of.inCheckers }),
      })
      if (trialOf(verdict, of.isInnocent).passed) letsThrough.add(id)
    }
    return { detector, says: DETECTORS[detector], letsThrough: [...letsThrough].sort() }
  })
}

/** Of several parts of the defects: what comes through in any of them. */
export const merged = (parts: readonly (readonly DetectorProof[])[]): readonly DetectorProof[] =>
  (Object.keys(DETECTORS) as DetectorId[]).map((detector) => {
    const found = parts.flat().filter((proof) => proof.detector === detector)
    const ids = new Set(found.flatMap(({ letsThrough }) => letsThrough))
    return { detector, says: DETECTORS[detector], letsThrough: [...ids].sort() }
  })
