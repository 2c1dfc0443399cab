import type { LoadEnded } from '../journal/entry.ts'

/** k6: a threshold was crossed. What it means is judged from the samples, phase by phase. */
const CROSSED = 99
/** k6: stopped by a signal, an exception in the script, aborted by the script itself. */
const CUT_SHORT = [105, 107, 108]

/** `good`: its samples are what was meant to be measured. `broken`: the generator itself failed. */
export function endOfLoad({ exitCode, stopped }: LoadEnded): 'good' | 'cut short' | 'broken' {
  if (exitCode === 0 || exitCode === CROSSED) return 'good'
  if (stopped === true && exitCode === CUT_SHORT[0]) return 'good'
  return CUT_SHORT.includes(exitCode) ? 'cut short' : 'broken'
}

/** What its exit code and its own summary say against each other; `undefined`: nothing. */
export function contradictionOf({ exitCode, summary }: LoadEnded): string | undefined {
  if (summary === undefined) return undefined
  const crossed = Object.entries(summary.thresholds).flatMap(([metric, expressions]) =>
    Object.entries(expressions).flatMap(([expression, was]) =>
      was ? [`${metric} ${expression}`] : [],
    ),
  )
  const [first] = crossed
  if (exitCode === 0 && first !== undefined) {
    return `it ended with 0 although a threshold was crossed (${first}): its exit code was lost`
  }
  return exitCode === CROSSED && first === undefined
    ? `it ended with ${CROSSED} although no threshold was crossed`
    : undefined
}
