import { closest } from 'fastest-levenshtein'
import { BadAim, type FaultKind } from './fault.ts'
import { LEADERSHIP_FAULTS } from './leadership.ts'
import { PROCESS_FAULTS } from './process.ts'

/** Every kind of fault, family by family; plans on disk name them. */
export const FAULTS: readonly FaultKind[] = [...PROCESS_FAULTS, ...LEADERSHIP_FAULTS]

/** @throws {BadAim} naming the nearest kind. */
export function kindNamed(name: string): FaultKind {
  const kind = FAULTS.find((each) => each.name === name)
  if (kind !== undefined) return kind
  const near = closest(
    name,
    FAULTS.map((each) => each.name),
  )
  throw new BadAim(`there is no fault "${name}"; did you mean "${near}"? (./drill list faults)`)
}
