import type { LoadSamples } from '../journal/load-samples.ts'
import type { RunRecord } from '../journal/read.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatMs, formatReading, isLatency, samplesNeeded } from '../objectives/load-measure.ts'
import type { LoadOpSeen, LoadPhaseSeen, LoadSeen } from '../objectives/load-seen.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { type Html, html } from './html.ts'
import { latencySvg } from './latency-svg.ts'
import { modelsSection } from './report-models.ts'
import { type Section, table } from './report-sections.ts'
import { word } from './report-words.ts'

/** What every load measured, by phase and operation, and its latency over time. */
export function loadSection(verdict: Verdict, record: RunRecord | undefined): Section {
  const { loads = [] } = verdict
  if (loads.length === 0) return false
  const limits = (record?.frozen.objectives ?? []).flatMap((objective) =>
    objective.kind === 'slo' && isLatency(objective) ? [objective.limit] : [],
  )
  return html`<h2>What the load met</h2>
${loads.map((load) => {
  const samples = record?.loads.find(({ started }) => started.load === load.load)
  return html`${headOf(load)}${picture(load, samples, load.model === 'open' ? limits : [])}${phaseTable(load)}`
})}
<p class="soft">A request belongs to the phase in which it was sent; what was sent while the run or its fault was prepared is never judged, and onset lasts until a witness has seen the fault. One that failed counts as lasting until it is given up, but for a wrong answer, which came and took its time. What failed in the onset counts for the share of errors of the fault. Quantiles are at most ${100 * (loads[0]?.histogramError ?? 0)} % above the true ones; those of too few requests stand in brackets. Connecting is not part of a latency: how many requests had to, and the longest that took one of them, stand beside it. The longest gap is that of one user between two good answers, without the time between its own requests; what is shorter than that time is not seen.</p>
${modelsSection(verdict, record)}`
}

function headOf(load: LoadSeen): Html {
  const { model, script, version, requests, users, askedPerS, reachedPerS, dropped, cpuShare } =
    load
  const less =
    load.documentedPerS === undefined
      ? ''
      : `the document has ${load.documentedPerS.toFixed(1)}: less than that was asked of this machine; `
  const rate =
    askedPerS === null || reachedPerS === null
      ? ''
      : `${reachedPerS.toFixed(1)} iterations/s reached of ${askedPerS.toFixed(1)} asked for, `
  const cpu =
    cpuShare === null ? 'CPU not measured' : `${(100 * cpuShare).toFixed(0)} % of the CPUs`
  const kind =
    model === 'open'
      ? 'open model: requests come at their time'
      : 'closed model: each user waits for its answer; told, never judged'
  return html`<p><strong>${load.load}</strong> <span class="soft">${kind} · k6 ${version}, ${script} · ${requests} requests of ${users} users, ${rate}${less}${cpu}</span>${dropped > 0 && html` · ${word('bad', `${dropped} never sent`)}`}</p>`
}

function picture(
  load: LoadSeen,
  samples: LoadSamples | undefined,
  limits: readonly number[],
): Section {
  if (samples?.life === undefined) return false
  const { curve, life, spans } = samples
  return latencySvg({
    title: `Latency of load "${load.load}" over time, by the instant of sending`,
    ...life,
    spans,
    series: [
      { name: 'p50', colour: 1, of: 'p50', curve },
      { name: 'p99', colour: 0, of: 'p99', curve },
    ],
    ...(curve.points.some(({ failed }) => failed > 0) ? { failures: curve } : {}),
    limitsMs: [...new Set(limits)],
  })
}

const HEADS = [
  'phase',
  'operation',
  '#requests',
  '#per second',
  '#failed',
  'errors',
  '#p50',
  '#p90',
  '#p99',
  '#p99.9',
  '#connected anew',
]

function phaseTable({ phases }: LoadSeen): Html {
  const rows = phases.flatMap((phase) =>
    phase.ops.map((op, i) => {
      return html`<tr><td>${i === 0 && html`<strong>${phase.phase}</strong> <span class="soft">${formatDuration({ ms: 1000 * phase.seconds })}<br>longest gap ${formatMs(phase.longestGapMs)}</span>`}</td><td>${op.op}</td><td class="num">${op.count}</td><td class="num">${op.ratePerS.toFixed(1)}</td><td class="num">${failedOf(op)}</td><td>${errorsOf(op, i === 0 ? phase.dropped : 0)}</td>${quantilesOf(op)}<td class="num">${connectedOf(op)}</td></tr>`
    }),
  )
  return table(HEADS, rows)
}

const failedOf = ({ failed, count }: LoadOpSeen): string =>
  failed === 0 ? '0' : formatReading('errors', failed / count)

/** `12, up to 340 ms`: what no latency holds. */
export const connectedOf = ({ connected, slowestConnectMs }: LoadOpSeen): string =>
  connected === 0 ? '0' : `${connected}, up to ${formatMs(slowestConnectMs)}`

/** `timeout 684, 503 12`. */
export const errorsOf = ({ errors }: LoadOpSeen, dropped: LoadPhaseSeen['dropped']): string =>
  [
    ...Object.entries(errors)
      .toSorted(([, a], [, b]) => b - a)
      .map(([kind, count]) => `${kind} ${count}`),
    ...(dropped > 0 ? [`never sent ${dropped}`] : []),
  ].join(', ')

const QUANTILES = ['p50', 'p90', 'p99', 'p999'] as const

/** In brackets where there are too few requests for it. */
export const quantileOf = (
  { latencyMs, count }: LoadOpSeen,
  of: (typeof QUANTILES)[number],
): string => {
  if (count === 0) return '–'
  const said = formatMs(latencyMs[of])
  return count < samplesNeeded({ of, limit: 0 }) ? `(${said})` : said
}

const quantilesOf = (op: LoadOpSeen): readonly Html[] =>
  QUANTILES.map((of) => html`<td class="num">${quantileOf(op, of)}</td>`)
