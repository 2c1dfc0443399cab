import type { LoadPhase, LoadQuantile, ObjectiveSpec } from '../journal/entry.ts'
import type { LoadSamples } from '../journal/load-samples.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Duration } from '../lib/duration.ts'
import { HISTOGRAM_ERROR } from '../lib/histogram.ts'
import type { Off } from './detections.ts'
import { endOfLoad } from './load-end.ts'
import { spacingOf } from './load-gap.ts'
import {
  formatReading,
  isLatency,
  judgedLoads,
  type Reading,
  readingOf,
  samplesNeeded,
  sayQuantity,
  sumOf,
} from './load-measure.ts'
import { inconclusive, type Judgement, worst } from './objective.ts'

export type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/** The one number that is promised: a quantile of the latency, a share of requests, or a gap. */
export type SloLimit =
  | { readonly p50: Duration }
  | { readonly p90: Duration }
  | { readonly p99: Duration }
  | { readonly p999: Duration }
  /** 0…1. */
  | { readonly errors: number }
  /** No user goes longer without a good answer, its own spacing aside. */
  | { readonly gap: Duration }

/**
 * A service level of the load, judged in each of the phases apart:
 * `slo({ op: 'read', p99: milliseconds(20), phases: ['steady'], source: 'HLD:749' })`.
 */
export function slo({
  id,
  op,
  phases,
  load,
  source,
  ...limit
}: SloLimit & {
  /** Absent: `slo-<op>-<what>`. */
  readonly id?: string
  readonly op: SloSpec['op']
  readonly phases: readonly LoadPhase[]
  /** Which load, where several run; absent: every open one together. */
  readonly load?: string
  readonly source?: string
}): SloSpec {
  const [of, value] = only(limit)
  return {
    kind: 'slo',
    id: id ?? `slo-${op}-${of}`,
    op,
    of,
    limit: value,
    phases,
    ...(load === undefined ? {} : { load }),
    ...(source === undefined ? {} : { source }),
  }
}

function only(limit: SloLimit): readonly [SloSpec['of'], number] {
  if ('errors' in limit) return ['errors', limit.errors]
  const [[of, { ms }]] = Object.entries(limit) as [[LoadQuantile | 'gap', Duration]]
  return [of, ms]
}

const AT_RISK = 0.95

/**
 * The promise in each of its phases, the worst word first. A quantile counts a failed request as
 * lasting until it is given up, so a refusal is no fast answer; a share of errors counts requests
 * that were never sent because the generator had no user left. A closed load is never judged.
 */
export function judgeSlo(spec: SloSpec, record: RunRecord, off: Off): Judgement {
  const loads = judgedLoads(record, spec)
  if (loads.length === 0) return inconclusive('vacuous', 'no load ran that could be judged')
  if (loads.some(({ started }) => started.model === 'closed')) {
    return inconclusive(
      'assumption',
      'a closed load is never judged: its users wait with the service',
    )
  }
  const broken = loads.find(({ ended }) => ended !== undefined && endOfLoad(ended) === 'broken')
  if (broken?.ended !== undefined && !off.has('load-ended')) {
    const { exitCode, said } = broken.ended
    const words = said === undefined ? '' : `: ${said}`
    return {
      ...inconclusive('infrastructure', `the load generator ended with ${exitCode}${words}`),
      found: ['load-ended'],
    }
  }
  const readings = spec.phases.map((phase) => readingOf(spec, loads, phase))
  const asked = sumOf(readings, ({ count }) => count)
  // One of its phases may be over before anybody's turn came; all of them together may not.
  if (spec.of === 'gap' && asked < samplesNeeded(spec) && !off.has('load-samples')) {
    const why = `${asked} requests in ${spec.phases.join(', ')} together, ${samplesNeeded(spec)} are needed for a gap`
    return { ...inconclusive('undecided', why), found: ['load-samples'] }
  }
  const spacingMs = Math.max(...loads.map(spacingOf))
  const judged = readings.map((reading) => judgeReading(spec, { ...reading, spacingMs }, off))
  const verdict = worst(judged.map((each) => each.verdict))
  const leading = judged.filter((each) => each.verdict === verdict)
  const shown = verdict === 'met' ? judged : leading
  const [first] = leading
  if (first === undefined) return inconclusive('vacuous', 'it names no phase')
  const most = leading.reduce((a, b) => (numberOf(b) > numberOf(a) ? b : a), first)
  const { atRisk: _, ...rest } = most
  return {
    ...rest,
    because: [...shown.map(({ because }) => because), ...lessThanDocumented(loads)].join('; '),
    ...(verdict === 'met' && judged.some(({ atRisk }) => atRisk) ? { atRisk: true } : {}),
  }
}

/** A promise that is kept with less than the document's load says so. */
const lessThanDocumented = (loads: readonly LoadSamples[]): readonly string[] =>
  loads.flatMap(({ started: { ratePerS, documentedPerS } }) =>
    ratePerS === undefined || documentedPerS === undefined
      ? []
      : [`at ${ratePerS} requests/s, of the document's ${documentedPerS}`],
  )

const numberOf = ({ measured }: Judgement): number =>
  typeof measured === 'number' ? measured : Number.NEGATIVE_INFINITY

function judgeReading(
  spec: SloSpec,
  reading: Reading & { readonly spacingMs: number },
  off: Off,
): Judgement {
  const { phase, count, value } = reading
  const needed = spec.of === 'gap' ? 0 : samplesNeeded(spec)
  if (count + (spec.of === 'errors' ? reading.dropped : 0) < needed && !off.has('load-samples')) {
    const why = `${count} ${spec.op === 'all' ? '' : `${spec.op} `}requests in the phase "${phase}", ${needed} are needed for ${spec.of}`
    return { ...inconclusive('undecided', why, value ?? null), found: ['load-samples'] }
  }
  const limit = formatReading(spec.of, spec.limit)
  if (value === undefined) {
    // What k6 says of a threshold without samples; only reached without the detector above.
    return { measured: null, verdict: 'met', because: `no request in the phase "${phase}"` }
  }
  const took = `${sayQuantity(spec)} in "${phase}" ${formatReading(spec.of, value)} (${countedOf(spec, reading)}), limit ${limit}`
  if (value <= spec.limit) {
    const atRisk = spec.of !== 'errors' && value > AT_RISK * spec.limit
    return { measured: value, verdict: 'met', because: took, ...(atRisk ? { atRisk } : {}) }
  }
  const least = isLatency(spec) ? value / (1 + HISTOGRAM_ERROR) - 0.001 : value
  return least > spec.limit
    ? { measured: value, verdict: 'missed', because: took }
    : inconclusive('undecided', `${took}: the limit lies within the error of the histogram`, value)
}

function countedOf(
  { of }: SloSpec,
  { count, failed, dropped, spacingMs }: Reading & { readonly spacingMs: number },
): string {
  if (of === 'gap') return `each is served every ${formatReading(of, spacingMs)}`
  if (of !== 'errors') return `${count} requests`
  const lost = dropped > 0 ? ` and ${dropped} never sent` : ''
  return `${failed} of ${count} requests${lost}`
}
