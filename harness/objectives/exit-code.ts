import type { Cause } from './objective.ts'
import type { VerdictWord } from './verdict.ts'

/** Exit codes of the command, as scripts and CI rely on them. */
export const EXIT = {
  passed: 0,
  failed: 1,
  inconclusive: 2,
  stopped: 3,
  infrastructure: 10,
  evidence: 20,
  usage: 64,
} as const

const PRIORITY = [EXIT.failed, EXIT.evidence, EXIT.inconclusive, EXIT.stopped, EXIT.infrastructure]

/** Of several codes the one that must not be hidden: 1, then 20, 2, 3, 10. */
export const worstExit = (codes: readonly number[]): number =>
  PRIORITY.find((code) => codes.includes(code)) ?? codes.find((code) => code !== 0) ?? EXIT.passed

type Outcome = { readonly verdict: VerdictWord; readonly cause?: Cause }

/** The exit code of a run. A run in which everything was skipped proves nothing. */
export function exitCodeOf(verdicts: readonly Outcome[]): number {
  if (verdicts.every(({ verdict }) => verdict === 'skipped')) return EXIT.inconclusive
  return worstExit(verdicts.map(exitOf))
}

function exitOf({ verdict, cause }: Outcome): number {
  switch (verdict) {
    case 'passed':
    case 'skipped':
      return EXIT.passed
    case 'failed':
      return EXIT.failed
    case 'aborted':
      return EXIT.stopped
    case 'inconclusive':
      return cause === 'infrastructure' ? EXIT.infrastructure : EXIT.inconclusive
    default:
      return EXIT.inconclusive
  }
}
