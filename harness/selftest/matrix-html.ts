import { type Html, html } from '../evidence/html.ts'
import { REPORT_STYLE } from '../evidence/report-style.ts'
import { pill, word } from '../evidence/report-words.ts'
import { titleOf } from './matrix-text.ts'
import { isAsNamed, isNotAsked, type Outcome } from './outcome.ts'
import { type SelftestResult, verdictOf } from './selftest.ts'

/** The matrix as one page: no network, no script, printable. */
export function matrixHtml(result: SelftestResult, id: string): string {
  const { outcomes, controls, detectors, seed, levels, tookMs } = result
  const planted = outcomes.filter(({ outcome }) => outcome !== 'pending')
  const pending = outcomes.filter((each) => each.outcome === 'pending' && !isNotAsked(each))
  const verdict = verdictOf(result)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${id}</title>
<style>${{ html: REPORT_STYLE }}</style>
</head>
<body><main>
<div class="run"><span>vault-drill self-test</span><span>run <code>${id}</code></span><span>levels ${levels.join(', ')}</span><span>seed <code>${seed}</code></span><span>${(tookMs / 1000).toFixed(0)} s</span></div>
<h1>${pill(verdict)} ${planted.length} planted defects</h1>
<p class="why">A harness that passes when it should not is worse than none. Each row made something wrong on purpose, in a record, in processes or in a real cluster; each had to be noticed.</p>
<h2>Planted defects</h2>
<div class="scroll"><table><thead><tr><th>defect</th><th>level</th><th class="num">caught</th><th>what is wrong</th><th>must be noticed by</th><th>was noticed by</th></tr></thead><tbody>${planted.map(plantedRow)}</tbody></table></div>
${pending.length > 0 && pendingTable(pending)}
<h2>Controls</h2>
<p>The same without a defect must pass, or whatever is caught means nothing.</p>
<div class="scroll"><table><thead><tr><th>level</th><th>control</th><th class="num">passed</th><th></th><th></th></tr></thead><tbody>${controls.map(
    ({ level, what, outcome, passed, runs, reason }) =>
      html`<tr><td>${level}</td><td>${what}</td><td class="num">${passed} of ${runs}</td><td>${pill(outcome)}</td><td>${reason}</td></tr>`,
  )}</tbody></table></div>
${detectors.length > 0 && detectorTable(detectors)}
<footer><code>./drill selftest --seed ${seed}</code> plants the same again. The same as data: <code>selftest.json</code></footer>
</main></body>
</html>
`
  return page.html
}

function plantedRow(outcome: Outcome): Html {
  const { id, level, caught, runs, named, reason } = outcome
  return html`<tr><td><code>${id}</code></td><td>${level}</td><td class="num">${caught} of ${runs}</td><td>${titleOf(outcome)}</td><td>${named.join(', ')}</td><td>${noticedBy(outcome)}<br><small>${reason}</small></td></tr>`
}

function noticedBy(outcome: Outcome): Html {
  const { rang, others } = outcome
  if (outcome.outcome === 'uncaught') return word('bad', 'not caught')
  if (!isAsNamed(outcome)) {
    const by = others.length === 0 ? 'no detector in particular' : others.join(', ')
    return word('doubt', by)
  }
  const more = others.length === 0 ? '' : ` and ${others.join(', ')}`
  return html`${word('good', rang.join(', '))}<span class="soft">${more}</span>`
}

const pendingTable = (pending: readonly Outcome[]): Html =>
  html`<h2>Pending</h2><div class="scroll"><table><thead><tr><th>defect</th><th>level</th><th>what is wrong</th><th>must be noticed by</th><th>why not yet</th></tr></thead><tbody>${pending.map(
    (outcome) =>
      html`<tr><td><code>${outcome.id}</code></td><td>${outcome.level}</td><td>${titleOf(outcome)}</td><td>${outcome.named.join(', ')}</td><td>${outcome.reason}</td></tr>`,
  )}</tbody></table></div>`

const detectorTable = (detectors: SelftestResult['detectors']): Html =>
  html`<h2>Detectors</h2><p>Each was switched off once; what comes through then is what only it notices.</p><div class="scroll"><table><thead><tr><th>detector</th><th>rings when</th><th>without it these come through</th></tr></thead><tbody>${detectors.map(
    ({ detector, says, letsThrough }) =>
      html`<tr><td><code>${detector}</code></td><td>${says}</td><td>${letsThrough.length === 0 ? word('bad', 'redundant') : letsThrough.join(', ')}</td></tr>`,
  )}</tbody></table></div>`
