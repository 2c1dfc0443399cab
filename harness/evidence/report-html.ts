import type { RunRecord } from '../journal/read.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { againstControls } from './against-control.ts'
import { type Html, html } from './html.ts'
import { limitsOf } from './limits.ts'
import { consistencySection } from './report-consistency.ts'
import { custodySection } from './report-custody.ts'
import { firstScreen } from './report-first-screen.ts'
import { interruptionsSection } from './report-interruptions.ts'
import { loadSection } from './report-load.ts'
import { clocksSection, oracleSection, phasesSection } from './report-recovery.ts'
import {
  checksSection,
  claimsSection,
  faultsSection,
  gatesSection,
  proceduresSection,
  timelineSection,
  writesSection,
} from './report-sections.ts'
import { REPORT_STYLE } from './report-style.ts'
import { pill, word } from './report-words.ts'
import type { Run } from './run-file.ts'
import { nameOf, sayObjective } from './wording.ts'

/** A scenario's verdict, and its record for the pictures, if it has one. */
export type Reported = { readonly verdict: Verdict; readonly record?: RunRecord | undefined }

/** The report as one file: no network, no script, printable. */
export function reportHtml(run: Run, reported: readonly Reported[]): string {
  const verdicts = reported.map(({ verdict }) => verdict)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${run.id}</title>
<style>${{ html: REPORT_STYLE }}</style>
</head>
<body><main>
<div class="run"><span>vault-drill report</span><span>run <code>${run.id}</code></span><span>${when(run)}</span><span>seed <code>${run.seed}</code></span></div>
${run.planted !== undefined && html`<p class="why">${word('bad', `Planted defect ${run.planted}`)}: this run was made worse on purpose, by the self-test, and proves nothing else.</p>`}
${reported.length > 1 && overview(verdicts)}
${reported.map((each, i) => scenarioSection(each, i))}
${limits(run, verdicts)}
${environment(run)}
<footer>Everything on this page is derived from the files beside it. <code>./drill judge &lt;run&gt;</code> derives the verdicts again, without Docker.</footer>
</main></body>
</html>
`
  return page.html
}

function overview(verdicts: readonly Verdict[]): Html {
  const rows = verdicts.map((verdict, i) => {
    const said = verdict.objectives.map((objective) => {
      const { label, measured, limit } = sayObjective(objective, verdict)
      return `${label} ${measured} ${limit}`.trim()
    })
    return html`<tr><td>${pill(verdict.verdict)}</td><td><a href="#s${i}">${nameOf(verdict)}</a></td><td>${verdict.product} ${verdict.version}, M${verdict.multiplier}</td><td>${said.join(' · ') || verdict.why}</td></tr>`
  })
  return html`<h2>Scenarios</h2><div class="scroll"><table><thead><tr><th>verdict</th><th>scenario</th><th>product</th><th>objectives</th></tr></thead><tbody>${rows}</tbody></table></div>${besideControls(verdicts)}`
}

function besideControls(verdicts: readonly Verdict[]): Html | false {
  const items = againstControls(verdicts).map((text) => html`<li>${text}</li>`)
  return items.length > 0 && html`<h2>Beside their controls</h2><ul class="limits">${items}</ul>`
}

function scenarioSection({ verdict, record }: Reported, i: number): Html {
  return html`<section class="scenario" id="s${i}">
${firstScreen(verdict)}
${timelineSection(verdict, record)}
${clocksSection(verdict)}
${phasesSection(verdict)}
${oracleSection(verdict)}
${loadSection(verdict, record)}
${writesSection(verdict)}
${consistencySection(verdict)}
${checksSection(verdict)}
${custodySection(verdict)}
${claimsSection(verdict)}
${interruptionsSection(verdict)}
${proceduresSection(verdict)}
${faultsSection(verdict)}
${gatesSection(verdict)}
</section>`
}

function limits(run: Run, verdicts: readonly Verdict[]): Html {
  const items = limitsOf({ run, verdicts }).map((text) => html`<li>${text}</li>`)
  return html`<section class="scenario"><h2>What this run does not prove</h2><ul class="limits">${items}</ul>`
}

function environment({ images, engine, host, git, argv, product, version, exitCode }: Run): Html {
  const rows = images.map(
    ({ name, version: of, origin, id }) =>
      html`<tr><td>${name}</td><td>${of}</td><td>${origin}</td><td class="mono">${id.replace(/^sha256:/, '').slice(0, 19)}</td></tr>`,
  )
  const engineText = Object.entries(engine).map(([key, value]) => `${key} ${value}`)
  const facts = [
    ['command', `./drill ${argv.join(' ')}`],
    ['product', `${product} ${version}`],
    ['exit code', String(exitCode)],
    [
      'host',
      `${host.cpus} CPUs, ${(host.memoryMiB / 1024).toFixed(1)} GiB, kernel ${host.kernel}, ${host.arch}`,
    ],
    ['engine', engineText.join(', ')],
    [
      'harness',
      git.commit === null
        ? 'commit unknown'
        : `commit ${git.commit}${git.dirty ? ', with uncommitted changes' : ''}`,
    ],
  ] as const
  return html`<h2>Environment</h2><div class="scroll"><table><tbody>${facts.map(([name, value]) => html`<tr><td class="soft">${name}</td><td>${value}</td></tr>`)}</tbody></table></div>
<h2>Images</h2><div class="scroll"><table><thead><tr><th>component</th><th>version</th><th>origin</th><th>id</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

const when = ({ started, finished }: Run): string => {
  const minute = (time: string): string => time.replace('T', ' ').replace(/(:\d\d)(\.\d+)?Z$/, '$1')
  const end = minute(finished)
  const sameDay = started.slice(0, 10) === finished.slice(0, 10)
  return `${minute(started)} – ${sameDay ? end.slice(11) : end} UTC`
}
