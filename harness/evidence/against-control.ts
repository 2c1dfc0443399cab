import { formatBracket } from '../objectives/bracket.ts'
import type { Interval } from '../objectives/objective.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { nameOf } from './wording.ts'

/** The way of a scenario in which all is the same but for what its other ways are about. */
const CONTROL = 'control'

/**
 * How much longer the ways of a scenario were out than their control in the same run: what one
 * fault adds to another one. Told, not judged: each of them is one sample.
 */
export function againstControls(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.flatMap((verdict) => {
    const control = verdicts.find((each) => each.variant === CONTROL && areTwins(each, verdict))
    if (control === undefined || control === verdict) return []
    const [own, its] = [recoveryOf(verdict), recoveryOf(control)]
    if (own === undefined || its === undefined || its.hi === null) return []
    const longer = { lo: own.lo - its.hi, hi: own.hi === null ? null : own.hi - its.lo }
    const what =
      longer.hi !== null && longer.hi <= 0 ? 'no longer' : `${formatBracket(longer)} longer`
    const where = `${verdict.product} ${verdict.version}, M${verdict.multiplier}`
    return [`${nameOf(verdict)} (${where}) was out ${what} than its control of the same seed.`]
  })
}

const TWINS = ['scenario', 'product', 'version', 'multiplier', 'seed'] as const

const areTwins = (a: Verdict, b: Verdict): boolean => TWINS.every((field) => a[field] === b[field])

function recoveryOf({ objectives }: Verdict): Interval | undefined {
  const measured = objectives.find(({ kind, id }) => kind === 'rto' && id === 'rto')?.measured
  return typeof measured === 'object' && measured !== null ? measured : undefined
}
