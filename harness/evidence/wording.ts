import { formatBracket, formatLimit } from '../objectives/bracket.ts'
import type { JudgedClaim } from '../objectives/claim.ts'
import { formatReading } from '../objectives/load-measure.ts'
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
    case 'slo': {
      const of = objective.unit === 'share' ? 'errors' : 'p99'
      const relation = { met: '≤', missed: '>', inconclusive: 'against' }[objective.verdict]
      return {
        ...said,
        label: sloLabel(id),
        measured: typeof measured === 'number' ? formatReading(of, measured) : 'not measured',
        limit: `${relation} ${formatReading(of, limit)}`,
      }
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

/** `slo-read-p99` → `SLO read p99`; what is about all requests says nothing of them. */
export const sloLabel = (id: string): string =>
  `SLO ${id
    .replace(/^slo-(?=.)/, '')
    .replace(/^all-/, '')
    .replaceAll('-', ' ')
    .replace('p999', 'p99.9')}`

/** A claim's number and what was measured of it. */
export function sayClaim({ limit, unit, measured }: JudgedClaim): {
  readonly limit: string
  readonly measured: string | undefined
} {
  const of = unit === 'share' ? 'errors' : 'p99'
  const isOne = measured !== null && measured.lo === measured.hi
  return {
    limit: unit === 'share' ? formatReading(of, limit) : formatLimit(limit),
    measured:
      measured === null
        ? undefined
        : isOne
          ? formatReading(of, measured.lo)
          : formatBracket(measured),
  }
}

export const nameOf = ({ scenario, variant }: Pick<Verdict, 'scenario' | 'variant'>): string =>
  variant === undefined || scenario.endsWith(`:${variant}`) ? scenario : `${scenario}:${variant}`

export const sayHeld = (held: boolean | null): string =>
  held === null ? 'cannot be told' : held ? 'held' : 'not held'

/** For a table of Markdown: text of servers may hold what ends a cell. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
