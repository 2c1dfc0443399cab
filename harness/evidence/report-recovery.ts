import { formatDuration } from '../lib/duration.ts'
import { formatBracket } from '../objectives/bracket.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { html } from './html.ts'
import { type Section, table } from './report-sections.ts'
import { word } from './report-words.ts'

/** How long the recovery took, by which clock, where the time went, and what Raft would say. */

const PHASES: Readonly<Record<string, string>> = {
  detected: 'fault → first bad answer',
  elected: 'first bad answer → another node leads',
  balanced: 'new leader → first good answer through the balancer',
  settled: 'first good answer → stable',
  unattributed: 'no observer can name it',
}

export function phasesSection({ phases }: Verdict): Section {
  const total = phases.at(-1)?.endedMs ?? 0
  if (total === 0) return false
  const took = phases.map((phase) => ({ ...phase, ms: phase.endedMs - phase.startedMs }))
  const swatch = (i: number, name: string): string => (name === 'unattributed' ? 'p4' : `p${i}`)
  const bars = took.map(
    ({ name, ms }, i) =>
      ms > 0 &&
      html`<div class="${swatch(i, name)}" style="flex:${Math.max(ms / total, 0.002).toFixed(4)}" title="${name}: ${Math.round(ms)} ms"></div>`,
  )
  const rows = took.map(
    ({ name, ms, endedMs, detail }, i) =>
      html`<tr><td><span class="swatch ${swatch(i, name)}"></span>${name}</td><td>${PHASES[name] ?? ''}</td><td class="num">${Math.round(ms)} ms</td><td class="num">${Math.round((100 * ms) / total)} %</td><td>${detail}, at ${Math.round(endedMs)} ms</td></tr>`,
  )
  return html`<h2>Where the recovery time went</h2><div class="bars">${bars.filter((bar) => bar !== false)}</div>
${table(['phase', 'from → to', '#took', '#share', 'ended by'], rows)}`
}

export function clocksSection({ clocks }: Verdict): Section {
  if (clocks === undefined || clocks === null) return false
  const { fault, detection, declaration, detectedMs, declaredMs, flaps } = clocks
  const at = (ms: number | null): string => (ms === null ? '' : `at ${Math.round(ms)} ms`)
  const rows = [
    html`<tr><td>from the fault</td><td class="num">${formatBracket(fault)}</td><td>${word('good', 'judged')}</td><td></td></tr>`,
    html`<tr><td>from its detection</td><td class="num">${detection === null ? '–' : formatBracket(detection)}</td><td>${detection === null ? 'no client got a bad answer' : 'the first bad answer to a client'}</td><td class="num">${at(detectedMs)}</td></tr>`,
    html`<tr><td>from the declaration</td><td class="num">${declaration === null ? '–' : formatBracket(declaration)}</td><td>${declaration === null ? 'no procedure was performed' : 'the start of the first procedure'}</td><td class="num">${at(declaredMs)}</td></tr>`,
  ]
  return html`<h2>Recovery time by three clocks</h2>
${table(['clock', '#recovery time', 'starts with', '#'], rows)}
${flaps > 0 && html`<p>${word('doubt', `bad again ${flaps} times`)} after it had been good: the recovery counts from the last one.</p>`}`
}

export function oracleSection({ oracle = [] }: Verdict): Section {
  if (oracle.length === 0) return false
  const tone = { 'as expected': 'good', slow: 'doubt', 'too fast': 'bad' } as const
  const rows = oracle.map(
    ({ target, measured, expected, ratio, position, youngestMs, pace }) =>
      html`<tr><td>${word(tone[pace], pace)}</td><td>${target}</td><td class="num">${formatBracket(measured)}</td><td class="num">${formatDuration({ ms: expected.p50 })}</td><td class="num">${formatDuration({ ms: expected.min })}–${formatDuration({ ms: expected.p99 })}</td><td class="num">${ratio === null ? '–' : ratio.toFixed(2)}</td><td class="num">${position === null ? '–' : `${Math.round(100 * position)} %`}</td><td class="num">${youngestMs === null ? 'not recorded' : formatDuration({ ms: youngestMs })}</td></tr>`,
  )
  return html`<h2>Held against Raft’s timers</h2>
${table(['', 'crashed', '#measured', '#model, median', '#least–99 %', '#by the median', '#slower than', '#youngest survivor'], rows)}
<p class="soft">A survivor elects nobody before it has missed the leader for a heartbeat timeout of its own; the model draws both survivors’ timers. A crash that is over sooner was none.</p>`
}
