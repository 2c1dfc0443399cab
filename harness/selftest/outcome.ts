import type { Verdict } from '../objectives/verdict.ts'
import type { Level } from './defect.ts'

/** What became of one planted defect at one level: a row of the matrix. */
export type Outcome = {
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly way?: string
  readonly outcome: 'caught' | 'uncaught' | 'pending'
  /** Those that the document names, of which one must ring. */
  readonly named: readonly string[]
  /** The named ones that rang, and the others that did. */
  readonly rang: readonly string[]
  readonly others: readonly string[]
  /** How often it was planted and how often it was caught; both 0 while it is pending. */
  readonly runs: number
  readonly caught: number
  readonly reason: string
}

/** One trial: whether it came through as if nothing were wrong, and who rang. */
export type Trial = {
  readonly passed: boolean
  readonly rang: readonly string[]
  readonly why: string
}

/** @param isInnocent of the product: then a verdict that calls it broken is as wrong as a pass. */
export const trialOf = (
  { verdict, why, detected = [] }: Pick<Verdict, 'verdict' | 'why' | 'detected'>,
  isInnocent = false,
): Trial => {
  const passed = verdict === 'passed' || (isInnocent && verdict === 'failed')
  // A verdict can be open without any alarm: then nobody in particular has noticed.
  return { passed, rang: passed ? [] : detected, why }
}

/**
 * A real run that broke off proves nothing: its engine, an image or the sabotage itself may have
 * failed. It counts only if a named detector rang, and `error` is what a break-off rings itself.
 */
export function trialOfRealRun(
  verdict: Pick<Verdict, 'verdict' | 'why' | 'detected' | 'cause'>,
  named: readonly string[],
): Trial {
  const trial = trialOf(verdict)
  const isNamed = trial.rang.some((id) => id !== 'error' && named.includes(id))
  return verdict.cause !== 'infrastructure' || isNamed
    ? trial
    : { passed: true, rang: [], why: `the run broke off: ${verdict.why}` }
}

export function outcomeOf(
  about: Pick<Outcome, 'id' | 'title' | 'level' | 'way' | 'named'>,
  trials: readonly Trial[],
): Outcome {
  const all = [...new Set(trials.flatMap(({ rang }) => rang))]
  const rang = all.filter((id) => about.named.includes(id))
  const missed = trials.find(({ passed }) => passed)
  const unnamed = trials.find(({ rang: heard }) => !heard.some((id) => about.named.includes(id)))
  const first = missed ?? unnamed ?? trials[0]
  return {
    ...about,
    outcome: missed === undefined && trials.length > 0 ? 'caught' : 'uncaught',
    rang,
    others: all.filter((id) => !about.named.includes(id)),
    runs: trials.length,
    caught: trials.filter(({ passed }) => !passed).length,
    reason: first === undefined ? 'it was never planted' : first.why,
  }
}

const NOT_ASKED = 'not asked for'

/** Why a defect that could be planted was not. */
export const notAskedFor = (level: Level): string => `${NOT_ASKED}: --level ${level}`

/** Pending only because of the command line; the matrix has it, a list of what is open has not. */
export const isNotAsked = ({ outcome, reason }: Outcome): boolean =>
  outcome === 'pending' && reason.startsWith(NOT_ASKED)

/** Whether in every trial one of the named detectors rang. */
export const isAsNamed = ({ outcome, rang }: Outcome): boolean =>
  outcome === 'caught' && rang.length > 0

export const detectorOf = ({ named }: Outcome): string => named.join(', ')
export const caughtBy = ({ rang, others }: Outcome): string | null =>
  [...rang, ...others].join(', ') || null

/** The same without a defect: it must pass, or whatever is caught means nothing. */
export type Control = {
  readonly level: Level
  readonly what: string
  /** `inconclusive`: the machine was too busy to tell. */
  readonly outcome: 'passed' | 'failed' | 'inconclusive'
  readonly runs: number
  readonly passed: number
  /** Of the first that did not pass. */
  readonly reason: string
}
