import type { Verdict } from '../objectives/verdict.ts'
import { html } from './html.ts'
import { type Section, table } from './report-sections.ts'
import { word } from './report-words.ts'
import { cell } from './wording.ts'

/** Which of the keys that are held opens which of the backups that are kept. */

type Rows = NonNullable<Verdict['custody']>
type Row = Rows[number]

const HEADS = ['opens', 'backup', 'taken', 'KMS keys', 'key shares', 'because']

export function custodySection({ custody = [] }: Verdict): Section {
  if (custody.length === 0) return false
  const tables = audits(custody).map(([audit, rows]) => {
    const cells = rows.map(
      (row) =>
        html`<tr><td>${row.opens ? word('good', 'opens') : word('bad', 'does not open')}</td><td class="mono">${row.snapshot}</td><td>${row.takenAt}</td><td class="mono">${keysOf(row)}</td><td>${sharesOf(row)}</td><td>${row.why}</td></tr>`,
    )
    return html`<p><strong>audit ${audit}</strong> <span class="soft">${summary(rows)}</span></p>${table(HEADS, cells)}`
  })
  return html`<h2>Seal custody</h2>${tables}`
}

/** The same for Markdown. */
export function custodyLines({ custody = [] }: Verdict): readonly string[] {
  return audits(custody).flatMap(([audit, rows]) => [
    `**Seal custody, audit ${audit}**: ${summary(rows)}`,
    '',
    `| ${HEADS.join(' | ')} |`,
    `|${HEADS.map(() => '-').join('|')}|`,
    ...rows.map((row) => {
      const { opens, snapshot, takenAt, why } = row
      const cells = [opens ? 'opens' : '**does not open**', `\`${snapshot}\``, takenAt]
      return `| ${[...cells, keysOf(row), sharesOf(row), cell(why)].join(' | ')} |`
    }),
    '',
  ])
}

const audits = (rows: Rows): readonly (readonly [number, Rows])[] => [
  ...Map.groupBy(rows, ({ audit }) => audit),
]

function summary(rows: Rows): string {
  const open = rows.filter(({ opens }) => opens).length
  return `${open} of ${rows.length} backups open with the keys that are held`
}

const keysOf = ({ kmsKeys }: Row): string =>
  kmsKeys.map(({ id, state }) => `${id} ${state}`).join(', ') || 'none'

function sharesOf({ shares }: Row): string {
  const taken = shares.filter((each) => each.taken === true)
  const refused = shares.filter((each) => each.taken === false)
  if (taken.length + refused.length === 0) return 'nobody to ask'
  const say = (some: Row['shares']) => some.map(({ generation }) => generation).join(', ') || 'none'
  return `generation ${say(taken)} taken, ${say(refused)} refused`
}
