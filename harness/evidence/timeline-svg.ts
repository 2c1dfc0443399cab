import { type Html, html } from './html.ts'
import type { Timeline, TimelineLane } from './timeline.ts'

/** A timeline as inline SVG: faults as bands, then who leads, then what clients saw. */

const WIDTH = 960
const LEFT = 92
const RIGHT = 12
const TOP = 34
const LEADER_HEIGHT = 12
const LANE_HEIGHT = 22
const GAP = 7
const AXIS = 26

export function timelineSvg(timeline: Timeline, title: string): Html {
  const { fromMs, toMs } = timeline
  const x = (ms: number): number =>
    round(
      LEFT +
        ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) *
          (WIDTH - LEFT - RIGHT),
    )
  let y = TOP
  const rows: Html[] = []
  for (const { node, spans } of timeline.leaders) {
    rows.push(html`<text class="t-label" x="${LEFT - 10}" y="${y + 10}">${node}</text>
      <line class="t-rail" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y + 6}" y2="${y + 6}"/>
      ${spans.map((span) => html`<rect class="t-leader" x="${x(span.fromMs)}" y="${y + 1}" width="${Math.max(1.5, round(x(span.toMs) - x(span.fromMs)))}" height="${LEADER_HEIGHT - 2}" rx="2"><title>${node} leads, ${seconds(span.fromMs)} to ${seconds(span.toMs)}</title></rect>`)}`)
    y += LEADER_HEIGHT + GAP
  }
  y += 4
  for (const lane of timeline.lanes) {
    rows.push(laneRow(lane, y, x))
    y += LANE_HEIGHT + GAP + (lane.outages.length > 0 ? 8 : 0)
  }
  const bottom = y
  const height = bottom + AXIS
  return html`<figure class="timeline"><figcaption>${title}</figcaption>
    <div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
      ${phaseMarks(timeline, bottom, x)}
      ${faultBands(timeline, bottom, x)}
      ${rows}
      ${axis(timeline, bottom, x)}
    </svg></div></figure>`
}

function laneRow(
  { lane, buckets, outages }: TimelineLane,
  y: number,
  x: (ms: number) => number,
): Html {
  const step = (WIDTH - LEFT - RIGHT) / buckets.length
  const cells = runsOf(buckets).map(({ from, to, state, good, bad }) => {
    const width = round((to - from) * step)
    const at = round(LEFT + from * step)
    return html`<rect class="t-${state}" x="${at}" y="${y}" width="${width}" height="${LANE_HEIGHT}"><title>${lane}: ${good} good, ${bad} bad answers</title></rect>`
  })
  const brackets = outages.map(({ fromMs, toMs }) => {
    const [a, b, base] = [x(fromMs), x(toMs), y + LANE_HEIGHT + 4]
    return html`<path class="t-bracket" d="M${a} ${base - 2}v4H${b}v-4"><title>outage of ${lane}: at most ${seconds(toMs - fromMs)}</title></path>`
  })
  return html`<text class="t-label" x="${LEFT - 10}" y="${y + 15}">${lane}</text>${cells}${brackets}`
}

type Cell = 'good' | 'bad' | 'mixed' | 'none'

/** Neighbours that look alike become one rectangle. */
function runsOf(
  buckets: TimelineLane['buckets'],
): readonly { from: number; to: number; state: Cell; good: number; bad: number }[] {
  const runs: { from: number; to: number; state: Cell; good: number; bad: number }[] = []
  for (const [i, { good, bad }] of buckets.entries()) {
    const state: Cell =
      good + bad === 0 ? 'none' : bad === 0 ? 'good' : good === 0 ? 'bad' : 'mixed'
    const last = runs.at(-1)
    if (last?.state === state) {
      last.to = i + 1
      last.good += good
      last.bad += bad
    } else runs.push({ from: i, to: i + 1, state, good, bad })
  }
  return runs
}

function faultBands(
  { faults, toMs }: Timeline,
  bottom: number,
  x: (ms: number) => number,
): readonly Html[] {
  return faults.map(({ name, target, issuedMs, provenMs, healedMs }, i) => {
    const [from, to] = [x(issuedMs), x(healedMs ?? toMs)]
    const label = `${name} ${target}`
    // Near the right edge the label would leave the picture.
    const late = from > WIDTH - 220
    return html`<rect class="t-fault" x="${from}" y="${TOP - 6}" width="${Math.max(2, round(to - from))}" height="${bottom - TOP + 6}"><title>${label}, issued at ${seconds(issuedMs)}, proven at ${seconds(provenMs)}</title></rect>
      <line class="t-issued" x1="${from}" x2="${from}" y1="${TOP - 8}" y2="${bottom}"/>
      <text class="t-fault-label${late ? ' t-end' : ''}" x="${late ? from - 4 : from + 4}" y="${TOP - 10 - (i % 2) * 0}">${label}</text>`
  })
}

function phaseMarks(
  { phases }: Timeline,
  bottom: number,
  x: (ms: number) => number,
): readonly Html[] {
  return phases.map(({ name, fromMs, toMs }) => {
    const [from, to] = [x(fromMs), x(toMs)]
    // A phase narrower than its name is told by its line and its tooltip only.
    const fits = to - from > name.length * 6.4 + 6
    return html`<line class="t-phase" x1="${from}" x2="${from}" y1="4" y2="${bottom}"><title>${name}</title></line>
      ${fits && html`<text class="t-phase-label" x="${from + 4}" y="11">${name}</text>`}`
  })
}

function axis({ fromMs, toMs }: Timeline, y: number, x: (ms: number) => number): Html {
  const step = tickStep(toMs - fromMs)
  const ticks: Html[] = []
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) {
    ticks.push(html`<line class="t-tick" x1="${x(ms)}" x2="${x(ms)}" y1="${y}" y2="${y + 4}"/>
      <text class="t-tick-label" x="${x(ms)}" y="${y + 16}">${ms === 0 ? '0 s' : seconds(ms, step)}</text>`)
  }
  return html`<line class="t-tick" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${ticks}`
}

const STEPS_MS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000]
const TICKS_MAX = 12

const tickStep = (span: number): number =>
  STEPS_MS.find((step) => span / step <= TICKS_MAX) ??
  Math.ceil(span / TICKS_MAX / 600_000) * 600_000

const seconds = (ms: number, step = 10): string =>
  `${ms < 0 ? '−' : ''}${(Math.abs(ms) / 1000).toFixed(step >= 1000 ? 0 : step >= 100 ? 1 : 2)} s`

const round = (value: number): number => Math.round(value * 10) / 10
