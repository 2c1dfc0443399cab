import type { DetectorProof } from './detector-proofs.ts'
import type { Control, Outcome } from './outcome.ts'

/** What the self-test and the process of a part of level L0 tell each other. */

export type ToMade = {
  readonly do: 'prove'
  /** Defects; each has all of its plants proved that belong to the part. */
  readonly ids: readonly string[]
  readonly seed: string
  readonly runs: number
  /** This one of so many: every so-manieth plant and control. */
  readonly part: number
  readonly of: number
}

export type MadePart = {
  readonly outcomes: readonly Outcome[]
  readonly controls: readonly Control[]
  readonly detectors: readonly DetectorProof[]
}

export type FromMade = { readonly said: 'proved' } & MadePart
