import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { median } from '../lib/percentile.ts'
import { type Gate, sound } from './gate.ts'
import {
  formatReading,
  isLatency,
  judgedLoads,
  readingOf,
  samplesNeeded,
  sayQuantity,
} from './load-measure.ts'

type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/**
 * On two cores with a fifth to a quarter to spare the p99 of a cluster that nothing ails was 50
 * to 114 ms, with a third and more 18 to 42 ms (docs/performance.md).
 */
const TAIL_IDLE_MIN = 1 / 3

/**
 * The tail of a latency that is missed beside a probe, on a host with little to spare: servers,
 * balancer, proxies, generator and probe queue for the same CPUs, so it may be the queue's. What
 * makes every second request slower than the limit is no tail, and is believed on any host.
 */
export function hostOfTails(record: RunRecord, specs: readonly SloSpec[]): readonly Gate[] {
  const doubted = specs.filter(isLatency).flatMap((spec) =>
    // Of a promise that did not hold before the fault, `load-baseline` says all there is to say.
    spec.phases.flatMap((phase) => (phase === 'baseline' ? [] : doubtOf(record, spec, phase))),
  )
  if (doubted.length === 0) return []
  const reason = `${doubted.map(({ why }) => why).join('; ')}, needed is a third for a tail to be the product's`
  const guards = [...new Set(doubted.map(({ id }) => id))]
  return [sound('host', guards, false, reason)]
}

function doubtOf(
  record: RunRecord,
  spec: SloSpec,
  phase: SloSpec['phases'][number],
): readonly { readonly id: string; readonly why: string }[] {
  const loads = judgedLoads(record, spec)
  const { count, value = 0 } = readingOf(spec, loads, phase)
  const { value: typical = 0 } = readingOf({ ...spec, of: 'p50' }, loads, phase)
  const isMissed = count >= samplesNeeded(spec) && value > spec.limit
  if (!isMissed || typical > spec.limit) return []
  const spans = loads.flatMap((load) => load.spans.filter((span) => span.phase === phase))
  const idle = record.usage.flatMap(({ t, hostIdle }) =>
    hostIdle !== undefined && spans.some(({ from, to }) => t >= from && t < to) ? [hostIdle] : [],
  )
  if (idle.length === 0 || median(idle) >= TAIL_IDLE_MIN) return []
  const spare = `${Math.round(100 * median(idle))} % of the CPUs to spare in its middle second`
  const tail = `${sayQuantity(spec)} in "${phase}" ${formatReading(spec.of, value)}`
  return [{ id: spec.id, why: `${tail}, and the host had ${spare}` }]
}
