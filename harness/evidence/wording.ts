import { formatBracket, formatLimit } from '../objectives/bracket.ts'
import type { JudgedObjective, Verdict, VerdictWord } from '../objectives/verdict.ts'

/** How verdicts are said; console, Markdown and HTML use the same words. */

export const WORDS: Readonly<Record<VerdictWord, string>> = {
  passed: 'PASS',
  failed: 'FAIL',
  inconclusive: 'INCONCLUSIVE',
  aborted: 'ABORTED',
  skipped: 'SKIPPED',
}

export type Said = {
  /** `RTO`, `RPO`, `no outage`, or the id of a set of checks. */
  readonly label: string
  readonly measured: string
  /** With its relation to the measurement: `≤ 5 s`, `> 5 s`. */
  readonly limit: string
  readonly verdict: string
}

export function sayObjective(objective: JudgedObjective, verdict: Verdict): Said {
  const { kind, id, measured, limit, cause } = objective
  const word = cause === undefined ? objective.verdict : `${objective.verdict} (${cause})`
  const said = { verdict: objective.expectedMiss ? `${word}, as expected` : word }
  switch (kind) {
    case 'rto': {
      const known = measured !== null && typeof measured === 'object'
      const relation = { met: '≤', missed: '>', inconclusive: 'against' }[objective.verdict]
      return {
        ...said,
        label: id === 'rto' ? 'RTO' : `RTO ${id}`,
        measured: known ? formatBracket(measured) : 'not measured',
        limit: `${relation} ${formatLimit(limit)}`,
      }
    }
    case 'rpo': {
      const of = verdict.writes === null ? '' : ` of ${verdict.writes.acknowledged}`
      if (measured !== null && typeof measured === 'object') {
        const relation = { met: '≤', missed: '>', inconclusive: 'against' }[objective.verdict]
        return {
          ...said,
          label: id === 'rpo' ? 'RPO' : `RPO ${id}`,
          measured: `${formatBracket(measured)}, ${verdict.lost.length} lost${of}`,
          limit: `${relation} ${formatLimit(limit)}`,
        }
      }
      return {
        ...said,
        label: id === 'rpo' ? 'RPO' : `RPO ${id}`,
        measured: measured === null ? 'not measured' : `${measured} lost${of}`,
        limit: limit === 0 ? '' : `(${limit} allowed)`,
      }
    }
    case 'no-outage':
      if (typeof measured === 'object' && measured !== null) {
        const relation = { met: '≤', missed: '>', inconclusive: 'against' }[objective.verdict]
        return {
          ...said,
          label: `longest outage ${id}`,
          measured: formatBracket(measured),
          limit: `${relation} ${formatLimit(limit)}`,
        }
      }
      return {
        ...said,
        label: 'no outage',
        measured: measured === null ? 'not measured' : `${measured} bad answers`,
        limit: '',
      }
    case 'consistency':
      return {
        ...said,
        label: id,
        measured: measured === null ? 'not measured' : `${measured} violations`,
        limit: '',
      }
    default:
      return {
        ...said,
        label: id,
        measured: `${typeof measured === 'number' ? measured : 0} of ${limit} checks`,
        limit: '',
      }
  }
}

export const nameOf = ({ scenario, variant }: Pick<Verdict, 'scenario' | 'variant'>): string =>
  variant === undefined || scenario.endsWith(`:${variant}`) ? scenario : `${scenario}:${variant}`

export const sayHeld = (held: boolean | null): string =>
  held === null ? 'cannot be told' : held ? 'held' : 'not held'
