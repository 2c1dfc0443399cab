import { formatLimit } from '../objectives/bracket.ts'
import type { JudgedObjective, Verdict } from '../objectives/verdict.ts'
import { type Html, html } from './html.ts'
import { pill, toneOfObjective, word } from './report-words.ts'
import { nameOf, sayObjective } from './wording.ts'

/** Verdict, why, numbers against limits, and how to see it again. */
export function firstScreen(verdict: Verdict): Html {
  const { title, hypothesis, source, product, version, multiplier, why, repro } = verdict
  return html`${pill(verdict.verdict)}
<h1>${title}</h1>
<p class="soft">${verdict.id} ${nameOf(verdict)} · ${product} ${version} · performance multiplier ${multiplier} · ${source}</p>
<p class="why">${sentence(why)}</p>
<div class="tiles">${verdict.objectives.map((objective) => tile(objective, verdict))}</div>
<p class="soft hypothesis"><em>Hypothesis:</em> ${hypothesis}</p>
${verdict.verdict !== 'skipped' && html`<div class="repro"><span class="soft">see it again</span> <code>${repro}</code></div>`}`
}

function tile(objective: JudgedObjective, verdict: Verdict): Html {
  const tone = toneOfObjective(objective)
  const { label, measured, limit, verdict: said } = sayObjective(objective, verdict)
  const [value, detail] = split(measured)
  const source = objective.source === undefined ? '' : ` · ${objective.source}`
  const promised =
    objective.kind === 'rto'
      ? `limit ${formatLimit(objective.limit)}`
      : objective.kind === 'slo'
        ? `limit ${limit.replace(/^\S+ /, '')}`
        : limitOf(objective, limit)
  return html`<div class="tile ${tone === 'good' ? '' : tone}">
<div class="name"><span>${label}</span>${word(tone, objective.atRisk ? `${said}, at risk` : said)}</div>
<div class="value">${value} ${detail !== '' && html`<small>${detail}</small>`}</div>
<p>${promised}${source}</p>
${objective.kind === 'rto' && gauge(objective)}
</div>`
}

const limitOf = ({ kind, limit }: JudgedObjective, said: string): string =>
  kind === 'rpo'
    ? `${limit} acknowledged writes may be lost`
    : kind === 'no-outage'
      ? 'no bad answer allowed'
      : kind === 'consistency'
        ? 'one order must explain every answer'
        : said || 'all must be as expected'

/** `1.94 s (1.89–1.94)` → the number, and what belongs to it in small print. */
function split(measured: string): readonly [string, string] {
  const match = /^(more than [\d.]+ \w+|[\d.]+(?: (?:ms|s|min|%))?)(?: (.*))?$/.exec(measured)
  return match?.[1] === undefined ? [measured, ''] : [match[1], match[2] ?? '']
}

/** Where the measured interval lies against the limit. */
function gauge({ measured, limit }: JudgedObjective): Html | false {
  if (measured === null || typeof measured === 'number') return false
  const end = Math.max(limit, measured.hi ?? measured.lo * 1.2) * 1.12
  const x = (ms: number): number => Math.round((ms / end) * 1000) / 10
  const band = Math.max(0.8, x(measured.hi ?? end) - x(measured.lo))
  return html`<div class="gauge"><svg role="img" aria-label="measured against the limit">
<rect class="g-rail" x="0" y="7" width="100%" height="5" rx="2.5"/>
<rect class="g-band" x="${x(measured.lo)}%" y="3" width="${band}%" height="13" rx="2"/>
<line class="g-limit" x1="${x(limit)}%" x2="${x(limit)}%" y1="0" y2="19"/></svg></div>`
}

const sentence = (text: string): string => {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`
  return whole.charAt(0).toUpperCase() + whole.slice(1)
}
