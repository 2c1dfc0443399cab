import type { RunRecord } from '../journal/read.ts'
import type { Seed } from '../lib/seed.ts'
import type { PlantedInCheckers } from '../objectives/consistency.ts'
import type { DetectorId } from '../objectives/detections.ts'
import type { RealDefect } from './real-defects.ts'

/**
 * A planted defect: something that is made wrong on purpose, where, and who has to notice.
 * @see docs/selftest.md
 */
export type Defect = {
  /** `M01`…`M27` of that table; `X…` are ours, one for each detector that it leaves unproved. */
  readonly id: string
  readonly title: string
  readonly plants: readonly Plant[]
}

export type Level = 'L0' | 'L1' | 'L2'

export type Plant = {
  readonly level: Level
  /** What is wrong, where a defect is planted in more than one way. */
  readonly way?: string
} & (RecordPlant | TruthPlant | ShortRunPlant | RealRunPlant | Pending)

/** L0: a record that is spoiled, and judged as any other. */
export type RecordPlant = {
  readonly kind: 'record'
  /** One of these must ring. */
  readonly detectors: readonly DetectorId[]
  readonly plant: (seed: Seed) => RunRecord | Promise<RunRecord>
  /** How the checkers that judge it differ from ours. */
  readonly inCheckers?: PlantedInCheckers
  /** Only the harness is wrong: a verdict that calls the product broken is as bad as a pass. */
  readonly isInnocent?: true
}

/** L0: a wrong judge or checker, held against cases whose truth is known. */
export type TruthPlant = {
  readonly kind: 'truth'
  /** What has to contradict it, as people call it. */
  readonly detectors: readonly string[]
  /** The ones that did. */
  readonly contradictedBy: (seed: Seed) => readonly string[]
}

/** L1: a short run with real processes against the imitation of a cluster. */
export type ShortRunPlant = {
  readonly kind: 'short-run'
  readonly detectors: readonly DetectorId[]
  /** Name in `tamperings.ts`. */
  readonly tampering: string
}

/** L2: a scenario on a real cluster in a sabotaged world. */
export type RealRunPlant = {
  readonly kind: 'real-run'
  readonly detectors: readonly DetectorId[]
  readonly real: RealDefect
}

export type Pending = {
  readonly kind: 'pending'
  /** As the document says it: the detector may not exist yet. */
  readonly detectors: readonly string[]
  readonly reason: string
}

export type PlantOf<K extends Plant['kind']> = Extract<Plant, { readonly kind: K }>

export const isOfKind =
  <K extends Plant['kind']>(kind: K) =>
  (plant: Plant): plant is PlantOf<K> =>
    plant.kind === kind
