import type { Defect, Plant } from './defect.ts'
import { CHECKERS } from './defects/checkers.ts'
import { DOUBTS } from './defects/doubts.ts'
import { LOADS } from './defects/loads.ts'
import { PROMISES } from './defects/promises.ts'
import { READS } from './defects/reads.ts'
import { RECOVERIES } from './defects/recoveries.ts'
import { RESTORES } from './defects/restores.ts'
import { SURROUNDINGS } from './defects/surroundings.ts'
import { WRITES } from './defects/writes.ts'
import { REAL_DEFECTS, type RealDefect } from './real-defects.ts'

const FAMILIES: readonly Defect[] = [
  ...WRITES,
  ...READS,
  ...RESTORES,
  ...RECOVERIES,
  ...SURROUNDINGS,
  ...LOADS,
  ...CHECKERS,
  ...DOUBTS,
  ...PROMISES,
]

/** Every planted defect, by number: those of the document and then ours. */
export const DEFECTS: readonly Defect[] = [
  ...FAMILIES.map((defect) => withReal(defect)),
  ...REAL_DEFECTS.filter(({ id }) => FAMILIES.every((defect) => defect.id !== id)).map(
    (real): Defect => ({ id: real.id, title: real.title, plants: [inRealWorld(real)] }),
  ),
].sort((a, b) => a.id.localeCompare(b.id))

function withReal(defect: Defect): Defect {
  const real = REAL_DEFECTS.filter(({ id }) => id === defect.id)
  return { ...defect, plants: [...defect.plants, ...real.map(inRealWorld)] }
}

function inRealWorld(real: RealDefect): Plant {
  const { detectors, way } = real
  return { level: 'L2', kind: 'real-run', detectors, real, ...(way === undefined ? {} : { way }) }
}
