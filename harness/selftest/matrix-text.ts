import type { Palette } from '../evidence/summary.ts'
import { isAsNamed, isNotAsked, type Outcome } from './outcome.ts'
import { type SelftestResult, verdictOf } from './selftest.ts'

/** The matrix for a terminal of 100 columns: who noticed what, and what comes through. */
export function matrixLines(result: SelftestResult, paint: Palette): readonly string[] {
  const { outcomes, controls, detectors } = result
  const planted = outcomes.filter(({ outcome }) => outcome !== 'pending')
  const pending = outcomes.filter((each) => each.outcome === 'pending' && !isNotAsked(each))
  return [
    ...section('planted defects', paint, [
      paint.dim(row('', '', 'caught', 'what is wrong', 'by whom (+ others)')),
      ...planted.flatMap((outcome) => plantedLines(outcome, paint)),
    ]),
    ...section(
      'pending',
      paint,
      pending.map((outcome) => pendingLine(outcome, paint)),
    ),
    ...section(
      'controls: the same without a defect',
      paint,
      controls.flatMap(({ level, what, outcome, passed, runs, reason }) => {
        const line = row('', level, `${passed}/${runs}`, what, colour(outcome, paint)(outcome))
        return reason === '' ? [line] : [line, `      ${cut(reason, 92)}`]
      }),
    ),
    ...section(
      'detectors: what comes through when one is off',
      paint,
      detectorLines(detectors, paint),
    ),
    ...summaryLines(result, paint),
  ]
}

const WIDTHS = { id: 3, level: 2, count: 5, title: 52 } as const

const row = (id: string, level: string, count: string, title: string, by: string): string =>
  [
    ` ${id.padEnd(WIDTHS.id)}`,
    level.padEnd(WIDTHS.level),
    count.padStart(WIDTHS.count),
    ` ${cut(title, WIDTHS.title).padEnd(WIDTHS.title)}`,
    by,
  ].join(' ')

const BY_COLUMNS = 31

function plantedLines(outcome: Outcome, paint: Palette): readonly string[] {
  const { id, level, runs, caught, reason, rang, others, named } = outcome
  const count = `${caught}/${runs}`
  const title = titleOf(outcome)
  if (outcome.outcome === 'uncaught') {
    return [
      row(id, level, paint.bad(count.padStart(WIDTHS.count)), title, paint.bad('NOT CAUGHT')),
      `      ${cut(reason, 92)}`,
    ]
  }
  if (!isAsNamed(outcome)) {
    const by = others.length === 0 ? 'no detector in particular' : others.join(', ')
    const line = row(id, level, count, title, paint.doubt(cut(by, BY_COLUMNS)))
    return [line, paint.dim(`      not by ${named.join(', ')}: ${cut(reason, 70)}`)]
  }
  const names = cut(rang.join(', '), BY_COLUMNS - 5)
  const more = others.length === 0 ? '' : paint.dim(` + ${others.length}`)
  return [row(id, level, count, title, `${paint.good(names)}${more}`)]
}

const pendingLine = (outcome: Outcome, { dim }: Palette): string =>
  dim(row(outcome.id, outcome.level, '', titleOf(outcome), cut(outcome.reason, BY_COLUMNS)))

export const titleOf = ({ title, way }: Outcome): string => way ?? title

const section = (title: string, paint: Palette, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [paint.strong(title), ...lines, '']

/** Three in a line; one that is idle has a line of its own. */
function detectorLines(detectors: SelftestResult['detectors'], paint: Palette): readonly string[] {
  const needed = detectors.filter(({ letsThrough }) => letsThrough.length > 0)
  const idle = detectors.filter(({ letsThrough }) => letsThrough.length === 0)
  const cells = needed.map(({ detector, letsThrough }) =>
    `${detector.padEnd(19)}${cut(letsThrough.join(' '), 11)}`.padEnd(32),
  )
  const lines: string[] = []
  for (let i = 0; i < cells.length; i += 3)
    lines.push(
      ` ${cells
        .slice(i, i + 3)
        .join('')
        .trimEnd()}`,
    )
  return [
    ...lines,
    ...idle.map(({ detector }) => ` ${detector.padEnd(19)}${paint.bad('redundant: nothing')}`),
  ]
}

function summaryLines(result: SelftestResult, paint: Palette): readonly string[] {
  const { outcomes, detectors, tookMs, seed } = result
  const count = (what: Outcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === what).length
  const unasked = outcomes.filter(isNotAsked).length
  const open = `${count('pending') - unasked} pending${unasked === 0 ? '' : `, ${unasked} not asked for`}`
  const others = outcomes.filter((o) => o.outcome === 'caught' && !isAsNamed(o)).length
  const idle = detectors.filter(({ letsThrough }) => letsThrough.length === 0).length
  const caught = `${count('caught')} caught${others === 0 ? '' : ` (${others} by others than named)`}`
  const verdict = verdictOf(result)
  const said = colour(verdict, paint)(`selftest ${verdict}`)
  const proved =
    detectors.length === 0
      ? ''
      : `${detectors.length - idle} of ${detectors.length} detectors needed, `
  return [
    `${said}: ${caught}, ${count('uncaught')} not caught, ${open}`,
    `${proved}seed ${seed}, ${(tookMs / 1000).toFixed(0)} s`,
  ]
}

const colour = (
  outcome: 'passed' | 'failed' | 'inconclusive',
  { good, bad, doubt }: Palette,
): ((text: string) => string) => ({ passed: good, failed: bad, inconclusive: doubt })[outcome]

const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
