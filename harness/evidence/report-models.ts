import type { RunRecord } from '../journal/read.ts'
import { formatMs, formatReading, sumOf } from '../objectives/load-measure.ts'
import type { LoadSeen } from '../objectives/load-seen.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { html } from './html.ts'
import { latencySvg } from './latency-svg.ts'
import { type Section, table } from './report-sections.ts'

/** What one model of a load says in the phase in which it matters. */
type ModelSeen = {
  readonly load: LoadSeen
  readonly beforePerS: number
  readonly ratePerS: number
  readonly count: number
  readonly failed: number
  readonly p99Ms: number
  /** Share of the whole load that failed, 0…1. */
  readonly failedOfAll: number
}

/** The same fault as two loads saw it, side by side; empty unless both models ran. */
export function modelsSection(verdict: Verdict, record: RunRecord | undefined): Section {
  const compared = comparisonOf(verdict)
  if (compared === undefined) return false
  const { phase, open, closed, says } = compared
  const rows = [open, closed].map(
    ({ load, beforePerS, ratePerS, count, failed, p99Ms, failedOfAll: whole }) =>
      html`<tr><td>${load.load}</td><td>${load.model}</td><td class="num">${beforePerS.toFixed(1)}</td><td class="num">${ratePerS.toFixed(1)}</td><td class="num">${count}</td><td class="num">${formatReading('errors', count === 0 ? 0 : failed / count)}</td><td class="num"><strong>${formatMs(p99Ms)}</strong></td><td class="num">${formatReading('errors', whole)}</td></tr>`,
  )
  const sampled = [open, closed].map(({ load }) =>
    record?.loads.find(({ started }) => started.load === load.load),
  )
  const [ofOpen, ofClosed] = sampled
  const figure =
    ofOpen?.life !== undefined &&
    ofClosed?.life !== undefined &&
    latencySvg({
      title: 'p99 over time: the same service, asked in two ways',
      from: Math.min(ofOpen.life.from, ofClosed.life.from),
      to: Math.max(ofOpen.life.to, ofClosed.life.to),
      spans: ofOpen.spans,
      series: [
        { name: `open, ${open.load.load}: p99`, colour: 0, of: 'p99', curve: ofOpen.curve },
        { name: `closed, ${closed.load.load}: p99`, colour: 2, of: 'p99', curve: ofClosed.curve },
      ],
    })
  return html`<h2>Why the judged load is open</h2>
${figure}
${table(['load', 'model', '#per second before', `#per second in “${phase}”`, '#requests in it', '#failed', '#p99 in it', '#failed of the whole load'], rows)}
<p>${says}</p>`
}

export type Comparison = {
  readonly phase: string
  readonly open: ModelSeen
  readonly closed: ModelSeen
  /** What the numbers teach. */
  readonly says: string
}

/** `undefined` unless an open and a closed load met the same fault; of its phases the worst one. */
export function comparisonOf({ loads = [] }: Verdict): Comparison | undefined {
  const open = loads.find(({ model }) => model === 'open')
  const closed = loads.find(({ model }) => model === 'closed')
  if (open === undefined || closed === undefined) return undefined
  const seen = (['onset', 'fault', 'recovery'] as const).flatMap((phase) => {
    const [a, b] = [seenIn(open, phase), seenIn(closed, phase)]
    return a === undefined || b === undefined ? [] : [{ phase, open: a, closed: b }]
  })
  const [first] = seen
  if (first === undefined) return undefined
  const worst = seen.reduce((a, b) => (b.open.failed > a.open.failed ? b : a), first)
  return { ...worst, says: lessonOf(worst.phase, worst.open, worst.closed) }
}

function seenIn(load: LoadSeen, name: 'onset' | 'fault' | 'recovery'): ModelSeen | undefined {
  const of = (phase: string) =>
    load.phases.find((seen) => seen.phase === phase)?.ops.find(({ op }) => op === 'all')
  const all = of(name)
  if (all === undefined) return undefined
  return {
    load,
    beforePerS: of('baseline')?.ratePerS ?? 0,
    ratePerS: all.ratePerS,
    count: all.count,
    failed: all.failed,
    p99Ms: all.latencyMs.p99,
    failedOfAll: failedOfAll(load),
  }
}

function failedOfAll({ phases }: LoadSeen): number {
  const whole = phases.flatMap(({ ops }) => ops.filter(({ op }) => op === 'all'))
  const count = sumOf(whole, (all) => all.count)
  return count === 0 ? 0 : sumOf(whole, ({ failed }) => failed) / count
}

/** A closed load asks less just when the service is slow: it leaves out what it should measure. */
function lessonOf(phase: string, open: ModelSeen, closed: ModelSeen): string {
  const kept = share(open)
  const left = share(closed)
  const asked = `In “${phase}” the open load went on asking at ${kept} of its rate; the closed one fell to ${left} of its own, because each of its ${closed.load.users} users stood still until its answer came. Of the whole load ${formatReading('errors', open.failedOfAll)} failed as the open one counts and ${formatReading('errors', closed.failedOfAll)} as the closed one does.`
  const shown = `p99 is ${formatMs(open.p99Ms)} as the open load has it and ${formatMs(closed.p99Ms)} as the closed one does`
  return closed.p99Ms < open.p99Ms
    ? `${asked} ${shown}: requests that nobody sent have no latency (coordinated omission), so the closed model flatters the service. It is told here and never judged.`
    : `${asked} ${shown}: this time the fault outweighs what was left out. Requests that nobody sent have no latency all the same (coordinated omission), which is why the closed model is told and never judged.`
}

const share = ({ beforePerS, ratePerS }: ModelSeen): string =>
  beforePerS === 0 ? 'an unknown share' : `${Math.round((100 * ratePerS) / beforePerS)} %`
