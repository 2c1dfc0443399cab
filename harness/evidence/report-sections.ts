import type { RunRecord } from '../journal/read.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatBracket } from '../objectives/bracket.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { type Html, html } from './html.ts'
import { word } from './report-words.ts'
import { recoveryTimeline, wholeTimeline } from './timeline.ts'
import { timelineSvg } from './timeline-svg.ts'
import { sayClaim, sayHeld } from './wording.ts'

/** The parts of a scenario's section; each is empty where there is nothing to show. */
export type Section = Html | false

export const table = (heads: readonly string[], rows: readonly Html[]): Html =>
  html`<div class="scroll"><table><thead><tr>${heads.map((head) => html`<th${head.startsWith('#') && html` class="num"`}>${head.replace(/^#/, '')}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`

export function timelineSection(verdict: Verdict, record: RunRecord | undefined): Section {
  if (record === undefined) return false
  const whole = wholeTimeline(record)
  if (whole === undefined) return false
  const recovered = verdict.phases.at(-1)?.endedMs
  const zoom = recovered === undefined ? undefined : recoveryTimeline(record, recovered)
  return html`<h2>What happened</h2>
${zoom !== undefined && timelineSvg(zoom, 'The recovery: seconds since the fault was issued')}
${timelineSvg(whole, 'The whole run')}
<div class="legend"><span><i style="background:var(--accent)"></i>leads (sys/health 200)</span><span><i style="background:var(--good-soft)"></i>all answers good</span><span><i style="background:var(--doubt)"></i>some bad</span><span><i style="background:var(--bad-fill)"></i>all bad</span><span><i style="background:var(--fault)"></i>fault in force</span></div>
${outageTable(verdict)}`
}

function outageTable({ outages }: Verdict): Section {
  if (outages.every(({ count }) => count === 0)) return false
  const rows = outages.map(
    ({ lane, count, longest, sum }) =>
      html`<tr><td>${lane}</td><td class="num">${count}</td><td class="num">${formatBracket(longest)}</td><td class="num">${formatBracket(sum)}</td></tr>`,
  )
  return table(['lane', '#outages', '#longest', '#together'], rows)
}

const LISTED_MAX = 50

export function writesSection(verdict: Verdict): Section {
  const { writes } = verdict
  if (writes === null) return false
  const lists = [
    ['Lost writes', verdict.lost],
    ['Refused writes that are there', verdict.ghosts],
    ['Writes applied twice', verdict.duplicated],
    ['Writes that are not intact', verdict.corrupt],
    ['Deleted and back', verdict.resurrected],
  ] as const
  const tables = lists.flatMap(([title, list]) => {
    if (list.length === 0) return []
    const rows = list
      .slice(0, LISTED_MAX)
      .map(
        ({ n, path, state, nodes }) =>
          html`<tr><td class="num">${n}</td><td class="mono">${path}</td><td>${state}</td><td>${nodes.join(', ')}</td></tr>`,
      )
    const more = list.length - LISTED_MAX
    return [
      html`<h2>${title} (${list.length})</h2>${table(['#write', 'path', 'found', 'on'], rows)}${more > 0 && html`<p class="soft">… and ${more} more in verdict.json</p>`}`,
    ]
  })
  return html`<h2>Every write, read back</h2>
<div class="scroll"><table><tbody>
<tr><td>acknowledged</td><td class="num">${writes.acknowledged}</td><td>${verdict.lost.length === 0 ? 'none found missing on any node that was read' : `${verdict.lost.length} lost`}</td></tr>
<tr><td>refused</td><td class="num">${writes.refused}</td><td>${verdict.ghosts.length === 0 ? 'none is there' : `${verdict.ghosts.length} are there`}</td></tr>
<tr><td>without an answer</td><td class="num">${writes.unknown}</td><td>${writes.recoveredUnknown} were applied; either is allowed</td></tr>
${lossRow(verdict)}
</tbody></table></div>${tables}`
}

/** How far back the loss reaches, where there is one. */
function lossRow({ lossWindow: loss }: Verdict): Section {
  if (loss === undefined || loss === null || loss.hi === 0) return false
  const says =
    loss.cut === 'consistent'
      ? 'everything up to one instant survived, and nothing after it'
      : word('bad', 'later writes survived earlier ones that were lost: no state that ever was')
  return html`<tr><td>loss window</td><td class="num">${formatBracket(loss)}</td><td>${says}</td></tr>`
}

export function checksSection({ checks }: Verdict): Section {
  if (checks.length === 0) return false
  const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
  const rows = checks
    .toSorted((a, b) => Number(a.asExpected) - Number(b.asExpected))
    .map(
      ({ title, source, expected, observed, asExpected }) =>
        html`<tr><td>${asExpected ? word('good', 'as expected') : word('bad', 'not as expected')}</td><td>${title}</td><td>${source ?? ''}</td><td class="mono">${shown(expected)}</td><td class="mono">${asExpected ? 'the same' : shown(observed)}</td></tr>`,
    )
  return html`<h2>Checks</h2>${table(['', 'fact', 'source', 'expected', 'observed'], rows)}`
}

export function claimsSection({ claims }: Verdict): Section {
  if (claims.length === 0) return false
  const rows = claims.map((claim) => {
    const { source, says, held } = claim
    const { limit, measured = 'not measured' } = sayClaim(claim)
    const tone = held === true ? 'good' : 'doubt'
    return html`<tr><td>${word(tone, sayHeld(held))}</td><td>${source}</td><td>${says}</td><td class="num">${limit}</td><td class="num">${measured}</td></tr>`
  })
  return html`<h2>Claims of the documents</h2>${table(['', 'source', 'says', '#number', '#measured'], rows)}
<p class="soft">A claim is a document’s number. It is reported and fails no run.</p>`
}

export function proceduresSection({ procedures }: Verdict): Section {
  if (procedures.length === 0) return false
  const parts = procedures.map(({ id, form, steps }) => {
    const rows = steps.map(({ title, source, startedMs, endedMs, outcome, observed }, i) => {
      const took = endedMs === null ? '–' : formatDuration({ ms: endedMs - startedMs })
      const tone = outcome === 'done' ? 'good' : outcome === 'skipped' ? 'doubt' : 'bad'
      return html`<tr><td class="num">${i + 1}</td><td>${title}</td><td>${source ?? ''}</td><td class="num">${took}</td><td>${word(tone, outcome ?? 'never ended')}</td><td>${observed ?? ''}</td></tr>`
    })
    return html`<p><strong>${id}</strong> <span class="soft">${form}</span></p>${table(['#step', '', 'source', '#took', 'outcome', 'observed'], rows)}`
  })
  return html`<h2>Procedures</h2>${parts}`
}

export function faultsSection({ faults }: Verdict): Section {
  if (faults.length === 0) return false
  const first = faults[0]?.issued ?? 0
  const at = (ns: number | null): string =>
    ns === null ? 'never' : `${((ns - first) / 1_000_000).toFixed(1)} ms`
  const rows = faults.map(
    ({ name, target, issued, proven, witness, final, healed, residue, cannotShow }) =>
      html`<tr><td>${name}</td><td>${target}</td><td class="num">${at(issued)}</td><td class="num">${at(proven)}</td><td>${witness ?? word('doubt', 'no witness')}</td><td>${healed ? 'healed' : final ? 'final' : word('doubt', 'not healed')}${residue.length > 0 && html`, ${word('doubt', residue.join(', '))}`}</td><td class="soft">${cannotShow ?? ''}</td></tr>`,
  )
  return html`<h2>Faults</h2>${table(['fault', 'target', '#issued', '#proven', 'seen by a witness', 'after healing', 'cannot show'], rows)}`
}

export function gatesSection({ gates, sometimes }: Verdict): Section {
  if (gates.length === 0) return false
  const rows = gates
    .toSorted((a, b) => Number(a.held) - Number(b.held))
    .map(
      ({ id, kind, guards, held, reason }) =>
        html`<tr><td>${held ? word('good', 'held') : word('bad', 'failed')}</td><td>${id}</td><td>${kind}</td><td>${guards.length === 0 ? 'all' : guards.join(', ')}</td><td>${reason}</td></tr>`,
    )
  const facts = sometimes.map(
    ({ says, seen }) =>
      html`<tr><td>${seen ? word('good', 'seen') : word('doubt', 'never seen')}</td><td>${says}</td></tr>`,
  )
  return html`<h2>May the verdict be believed?</h2>${table(['', 'gate', 'kind', 'guards', 'because'], rows)}
${facts.length > 0 && html`<h2>What had to be seen</h2>${table(['', 'fact'], facts)}`}`
}
