import type { Seed } from '../lib/seed.ts'
import type { Defect, Level, Plant, PlantOf } from './defect.ts'
import { type DetectorProof, merged, proveDetectors } from './detector-proofs.ts'
import { proveMadeInParts } from './made-parts.ts'
import { type Control, notAskedFor, type Outcome } from './outcome.ts'
import { DEFECTS } from './planted.ts'
import { type PlantedDefect, proveShort } from './short-proofs.ts'

/**
 * Plants every defect on purpose, at every level that can be run now, and sees who notices. The
 * same without a defect must pass, and no detector may be there without being needed.
 */
export type SelftestOptions = {
  readonly levels: readonly Level[]
  /** Ids; empty: all. */
  readonly only: readonly string[]
  readonly seed: Seed
  /** How often a defect is planted at L0. */
  readonly runs: number
  /** For the short runs; exists. */
  readonly directory: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** Level L2: needs an engine, so who asks for it brings it. */
  readonly proveReal?: ProveReal
}

export type ProveReal = (
  planted: readonly PlantedDefect<'real-run'>[],
  options: Pick<SelftestOptions, 'seed' | 'signal'>,
) => Promise<{ readonly outcomes: readonly Outcome[]; readonly controls: readonly Control[] }>

export type SelftestResult = {
  readonly seed: string
  readonly levels: readonly Level[]
  readonly outcomes: readonly Outcome[]
  readonly controls: readonly Control[]
  /** Empty unless everything was planted: a part of the defects proves no detector. */
  readonly detectors: readonly DetectorProof[]
  readonly tookMs: number
}

export async function selftest(options: SelftestOptions): Promise<SelftestResult> {
  const { levels, only, seed, runs, signal, say } = options
  const startedMs = performance.now()
  const chosen = DEFECTS.filter(({ id }) => only.length === 0 || only.includes(id))
  const outcomes: Outcome[] = []
  const controls: Control[] = []
  const proofs: (readonly DetectorProof[])[] = []
  if (levels.includes('L0')) {
    const ids = chosen.map(({ id }) => id)
    const parts = await proveMadeInParts({ ids, seed: seed.text, runs, signal })
    for (const part of parts) {
      outcomes.push(...part.outcomes)
      controls.push(...part.controls)
      proofs.push(part.detectors)
    }
    say(`L0: ${outcomes.length} defects in ${seconds(startedMs)}`)
  }
  const short = ofKind('short-run', chosen, levels)
  if (levels.includes('L1') && short.length > 0) {
    const proof = await proveShort(short, options)
    outcomes.push(...proof.outcomes)
    controls.push(...proof.controls)
    proofs.push(proveDetectors(proof.kept))
  }
  const real = ofKind('real-run', chosen, levels)
  if (levels.includes('L2') && real.length > 0 && options.proveReal !== undefined) {
    const proof = await options.proveReal(real, options)
    outcomes.push(...proof.outcomes)
    controls.push(...proof.controls)
  }
  outcomes.push(...pendingOf(chosen, levels))
  const whole = only.length === 0 && levels.includes('L0')
  return {
    seed: seed.text,
    levels,
    outcomes: outcomes.sort(byIdAndLevel),
    controls,
    detectors: whole ? merged(proofs) : [],
    tookMs: performance.now() - startedMs,
  }
}

/**
 * `failed`: a defect came through, something good was refused, or a detector is idle.
 * `inconclusive`: the machine was too busy for the control, or nothing was planted.
 */
export function verdictOf({
  outcomes,
  controls,
  detectors,
}: SelftestResult): 'passed' | 'failed' | 'inconclusive' {
  const isBad =
    outcomes.some(({ outcome }) => outcome === 'uncaught') ||
    controls.some(({ outcome }) => outcome === 'failed') ||
    detectors.some(({ letsThrough }) => letsThrough.length === 0)
  if (isBad) return 'failed'
  const isOpen =
    controls.some(({ outcome }) => outcome === 'inconclusive') ||
    outcomes.every(({ outcome }) => outcome === 'pending')
  return isOpen ? 'inconclusive' : 'passed'
}

type Planted = { readonly defect: Defect; readonly plant: Plant }

const plantsOf = (defects: readonly Defect[], levels: readonly Level[]): readonly Planted[] =>
  defects.flatMap((defect) =>
    defect.plants.filter(({ level }) => levels.includes(level)).map((plant) => ({ defect, plant })),
  )

const ofKind = <K extends 'short-run' | 'real-run'>(
  kind: K,
  defects: readonly Defect[],
  levels: readonly Level[],
): readonly PlantedDefect<K>[] =>
  plantsOf(defects, levels).flatMap(({ defect, plant }) =>
    plant.kind === kind ? [{ defect, plant: plant as Plant & PlantOf<K> }] : [],
  )

/** What cannot be planted yet, and what nobody asked for: the matrix is whole in any case. */
function pendingOf(defects: readonly Defect[], levels: readonly Level[]): readonly Outcome[] {
  return defects.flatMap(({ id, title, plants }) =>
    plants.flatMap((plant): Outcome[] => {
      const { level, way, detectors: named } = plant
      if (plant.kind !== 'pending' && levels.includes(level)) return []
      const reason = plant.kind === 'pending' ? plant.reason : notAskedFor(level)
      const about = { id, title, level, ...(way === undefined ? {} : { way }), named }
      return [{ ...about, outcome: 'pending', rang: [], others: [], runs: 0, caught: 0, reason }]
    }),
  )
}

const byIdAndLevel = (a: Outcome, b: Outcome): number =>
  a.id.localeCompare(b.id) || a.level.localeCompare(b.level)

const seconds = (sinceMs: number): string =>
  `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
