import type { Verdict } from '../objectives/verdict.ts'
import { html } from './html.ts'
import { type Section, table } from './report-sections.ts'
import { word } from './report-words.ts'

const TONE = { valid: 'good', violated: 'bad', undecided: 'doubt' } as const

/** What the clients of the register workload were told, and whether any order explains it. */
export function consistencySection({ consistency: found }: Verdict): Section {
  if (found === undefined || found === null) return false
  const { checkers, judged, violations, violationCount, gaps, undecided } = found
  const kinds = Object.entries(found.byKind).map(
    ([kind, { sent, acknowledged }]) =>
      html`<tr><td>${kind}</td><td class="num">${sent}</td><td class="num">${acknowledged}</td></tr>`,
  )
  const rows = violations.map(
    ({ rule, name, key, ops, because }) =>
      html`<tr><td>${word('bad', rule)}</td><td>${name}</td><td class="mono">${key}</td><td>${because}${ops.length > 0 && html` <span class="soft">(operations ${ops.slice(0, 8).join(', ')})</span>`}</td></tr>`,
  )
  const more = violationCount - violations.length
  const open = [...gaps, ...undecided.map((key) => `${key} could not be decided`)]
  return html`<h2>Does an order explain what clients were told?</h2>
<p>${found.operations} operations on ${found.keys} registers, ${found.unknown} without an answer (${found.unknownApplied} of them found applied, ${found.unknownNotApplied} found not applied), ${found.casConflicts} conditional writes refused. Rules over versions: ${word(TONE[checkers.versions], checkers.versions)} on ${judged.versions} registers. Search for an order: ${word(TONE[checkers.search], checkers.search)} on ${judged.search}. ${found.agree ? 'They agree wherever both judged.' : word('doubt', `They disagree on ${found.disagreements.join(', ')}.`)}</p>
${table(['operation', '#sent', '#acknowledged'], kinds)}
${rows.length > 0 && table(['rule', 'what', 'register', 'because'], rows)}
${more > 0 && html`<p class="soft">… and ${more} more</p>`}
${open.length > 0 && html`<ul class="limits">${open.slice(0, 10).map((text) => html`<li>${text}</li>`)}</ul>`}`
}
