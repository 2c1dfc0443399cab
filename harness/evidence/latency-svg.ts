import type { LoadPhase } from '../journal/load.ts'
import type { LoadCurve } from '../journal/load-curve.ts'
import type { LoadSpan } from '../journal/load-phases.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatMs } from '../objectives/load-measure.ts'
import { type Html, html } from './html.ts'

/** Latency over time as inline SVG, on a logarithmic scale, with the phases as bands. */

const WIDTH = 960
const LEFT = 64
const RIGHT = 12
const TOP = 24
const HEIGHT = 150
const FAILED_HEIGHT = 26
const AXIS = 24

export type LatencySeries = {
  readonly name: string
  /** Number of its colour, `c0` to `c2` of the style sheet. */
  readonly colour: 0 | 1 | 2
  readonly of: 'p50' | 'p99'
  readonly curve: LoadCurve
}

export type LatencyPicture = {
  readonly title: string
  readonly from: Ns
  readonly to: Ns
  readonly spans: readonly LoadSpan[]
  readonly series: readonly LatencySeries[]
  /** Whose share of failed requests is drawn below. */
  readonly failures?: LoadCurve
  readonly limitsMs?: readonly number[]
}

/** Time is counted from the fault. */
const BEFORE: readonly LoadPhase[] = ['steady', 'preparation', 'baseline']

export function latencySvg(picture: LatencyPicture): Html {
  const { title, from, to, spans, series, failures, limitsMs = [] } = picture
  const zero = spans.find(({ phase }) => !BEFORE.includes(phase))?.from ?? from
  const x = (t: Ns): number =>
    round(LEFT + ((Math.min(Math.max(t, from), to) - from) / (to - from)) * (WIDTH - LEFT - RIGHT))
  const values = series.flatMap(({ curve, of }) => curve.points.flatMap((point) => point[of] ?? []))
  const least = 10 ** Math.floor(Math.log10(Math.max(0.1, Math.min(...values, ...limitsMs))))
  const most = 10 ** Math.ceil(Math.log10(Math.max(least * 10, ...values, ...limitsMs)))
  const decades = Math.log10(most / least)
  const y = (ms: number): number =>
    round(
      TOP + HEIGHT - (Math.log10(Math.min(Math.max(ms, least), most) / least) / decades) * HEIGHT,
    )
  const bottom = TOP + HEIGHT + (failures === undefined ? 4 : FAILED_HEIGHT + 8)
  const grid = Array.from({ length: Math.round(decades) + 1 }, (_, i) => least * 10 ** i).map(
    (
      ms,
    ) => html`<line class="t-tick" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}"/>
      <text class="t-label" x="${LEFT - 8}" y="${y(ms) + 4}">${formatMs(ms)}</text>`,
  )
  return html`<figure class="timeline"><figcaption>${title}</figcaption>
    <div class="scroll"><svg viewBox="0 0 ${WIDTH} ${bottom + AXIS}" role="img" aria-label="${title}">
      ${bands(picture, bottom, x)}
      ${grid}
      ${limitsMs.map((ms) => html`<line class="c-limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}"><title>limit ${formatMs(ms)}</title></line>`)}
      ${series.map((each) => line(each, x, y))}
      ${failures !== undefined && failureBars(failures, x)}
      ${axis({ from, to, zero }, bottom, x)}
    </svg></div></figure>
<div class="legend">${series.map(({ name, colour }) => html`<span><i class="c${colour}-fill"></i>${name}</span>`)}${limitsMs.length > 0 && html`<span><i class="c-limit-fill"></i>limit</span>`}${failures !== undefined && html`<span><i style="background:var(--bad-fill)"></i>share that failed</span>`}</div>`
}

const isBad = (phase: LoadPhase): boolean => phase === 'onset' || phase === 'fault'

function bands(
  { spans, from, to }: LatencyPicture,
  bottom: number,
  x: (t: Ns) => number,
): readonly Html[] {
  return spans
    .filter((span) => span.to > from && span.from < to)
    .map(({ phase, from: start, to: end }) => {
      const [left, right] = [x(start), x(end)]
      const fits = right - left > phase.length * 6.4 + 6
      return html`<rect class="${isBad(phase) ? 't-fault' : 't-calm'}" x="${left}" y="${TOP - 8}" width="${round(Math.max(1, right - left))}" height="${bottom - TOP + 8}"><title>${phase}</title></rect>
      <line class="t-phase" x1="${left}" x2="${left}" y1="4" y2="${bottom}"/>
      ${fits && html`<text class="${isBad(phase) ? 't-fault-label' : 't-phase-label'}" x="${left + 4}" y="12">${phase}</text>`}`
    })
}

/** Stretches without a request break the line. */
function line(
  { name, colour, of, curve }: LatencySeries,
  x: (t: Ns) => number,
  y: (ms: number) => number,
): Html {
  let path = ''
  let isDrawn = false
  for (const [i, point] of curve.points.entries()) {
    const value = point[of]
    // The short stroke makes a dot of a point that stands alone.
    const place = value === undefined ? '' : `${x(middleOf(curve, i))} ${y(value)}`
    if (value !== undefined) path += isDrawn ? `L${place}` : `M${place}h0.1`
    isDrawn = value !== undefined
  }
  return html`<path class="c-line c${colour}" d="${path}"><title>${name}</title></path>`
}

function failureBars(curve: LoadCurve, x: (t: Ns) => number): readonly Html[] {
  const top = TOP + HEIGHT + 6
  return curve.points.flatMap(({ count, failed }, i) => {
    if (failed === 0 || count === 0) return []
    const [left, right] = [x(startOf(curve, i)), x(startOf(curve, i + 1))]
    const height = round(Math.max(1.5, (failed / count) * FAILED_HEIGHT))
    return [
      html`<rect class="t-bad" x="${left}" y="${top + FAILED_HEIGHT - height}" width="${Math.max(1, round(right - left))}" height="${height}"><title>${failed} of ${count} requests failed</title></rect>`,
    ]
  })
}

const startOf = ({ from, cellMs }: LoadCurve, i: number): Ns => from + i * cellMs * NS_PER_MS
const middleOf = (curve: LoadCurve, i: number): Ns => startOf(curve, i + 0.5)

const STEPS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]
const TICKS_MAX = 12

function axis(
  { from, to, zero }: { readonly from: Ns; readonly to: Ns; readonly zero: Ns },
  y: number,
  x: (t: Ns) => number,
): readonly Html[] {
  const second = 1000 * NS_PER_MS
  const span = (to - from) / second
  const step = STEPS_S.find((each) => span / each <= TICKS_MAX) ?? Math.ceil(span / TICKS_MAX)
  const first = Math.ceil((from - zero) / second / step)
  const count = Math.max(0, Math.floor((to - zero) / second / step) - first + 1)
  return Array.from({ length: count }, (_, i) => (first + i) * step).map((s) => {
    const at = x(zero + s * second)
    return html`<line class="t-tick" x1="${at}" x2="${at}" y1="${y}" y2="${y + 4}"/>
      <text class="t-tick-label" x="${at}" y="${y + 16}">${s < 0 ? `−${-s}` : s} s</text>`
  })
}

const round = (value: number): number => Math.round(value * 10) / 10
