import type { Interruption } from '../journal/interruption.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { html } from './html.ts'
import { type Section, table } from './report-sections.ts'
import { word } from './report-words.ts'

/** The matrix "step × interruption", for the page and for Markdown; empty where there is none. */

const HEADS = ['procedure', 'step', 'interrupted', 'ended', 'performed again', 'outcome']

/** One row in words; the last cell is the outcome. */
function cellsOf(each: Interruption): readonly string[] {
  const { procedure, step, title, of, when, ended, at, why, resumed, outcome, found } = each
  const who = of === 'operator' ? 'operator killed' : 'active node killed'
  const where = when === 'inside' ? 'in it' : 'after it'
  const stopped = {
    done: 'came to its end',
    killed: why,
    refused: `refused at "${at}": ${why}`,
    failed: `stopped at "${at}": ${why}`,
    'no-active-node': 'no node led, so none was killed',
  }[ended]
  const again = {
    done: ended === 'killed' || ended === 'failed' ? `from "${at}" to its end` : 'to its end',
    refused: 'refused: nothing was left to do',
    failed: 'failed',
    'not-needed': 'not needed',
  }[resumed]
  const told = found === undefined ? outcome : `${outcome}: ${found}`
  return [procedure, `${step}. ${title}`, `${who} ${where}`, stopped, again, told]
}

export function interruptionsSection({ interruptions = [] }: Verdict): Section {
  if (interruptions.length === 0) return false
  const rows = interruptions.map((each) => {
    const cells = cellsOf(each)
    const tone = each.outcome === 'healthy' ? 'good' : 'bad'
    const plain = cells.slice(0, -1).map((cell) => html`<td>${cell}</td>`)
    return html`<tr>${plain}<td>${word(tone, cells.at(-1) ?? '')}</td></tr>`
  })
  // Where nobody was killed nothing was put to the test, however well it ended.
  const killed = interruptions.filter(({ ended }) => ended !== 'no-active-node')
  const healthy = killed.filter(({ outcome }) => outcome === 'healthy').length
  const spared = interruptions.length - killed.length
  const others = spared === 0 ? '' : `; in ${spared} more no node led to be killed`
  return html`<h2>Interrupted in its steps (${healthy} of ${killed.length} ended healthy${others})</h2>${table(HEADS, rows)}`
}

export function interruptionLines({ interruptions = [] }: Verdict): readonly string[] {
  if (interruptions.length === 0) return []
  const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const rows = interruptions.map((each) => `| ${cellsOf(each).map(escaped).join(' | ')} |`)
  return [`| ${HEADS.join(' | ')} |`, `|${'-|'.repeat(HEADS.length)}`, ...rows, '']
}
