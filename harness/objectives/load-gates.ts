import type { ObjectiveSpec } from '../journal/entry.ts'
import { thresholdsOf } from '../journal/load.ts'
import type { LoadSamples } from '../journal/load-samples.ts'
import type { RunRecord } from '../journal/read.ts'
import { type Gate, sound, vacuity } from './gate.ts'
import { hostGate } from './host-idle.ts'
import { contradictionOf, endOfLoad } from './load-end.ts'
import { cpuShareOf, reachOf } from './load-generator.ts'
import { hostOfTails } from './load-host.ts'
import {
  formatReading,
  isLatency,
  judgedLoads,
  readingOf,
  samplesNeeded,
  sayQuantity,
  sumOf,
} from './load-measure.ts'
import { disagreementOf } from './load-summary.ts'

type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/** Whether what a load measured may be believed; without a service level there is none. */
export const loadGates = (record: RunRecord): readonly Gate[] =>
  loadGatesOf(
    record,
    record.frozen.objectives.filter((spec) => spec.kind === 'slo'),
  )

/** The same for any service levels: a claim is one that nobody promised. */
export function loadGatesOf(record: RunRecord, specs: readonly SloSpec[]): readonly Gate[] {
  if (specs.length === 0) return []
  const ids = specs.map(({ id }) => id)
  const loads = record.loads.filter((load) =>
    specs.some((spec) => judgedLoads(record, spec).includes(load)),
  )
  if (loads.length === 0) return []
  // Where a probe runs, it has looked at the host.
  const idle = record.usage.length > 0 ? [] : loads.flatMap((load) => load.ended?.hostIdle ?? [])
  return [
    ...hostGate(idle, ids),
    ...hostOfTails(record, specs),
    generator(loads, ids),
    dropped(record, specs),
    ended(loads, ids),
    summary(loads, ids),
    thresholds(record, specs),
    ...baseline(record, specs),
  ]
}

const CPU_SHARE_MAX = 0.4
const REACHED_MIN = 0.97

/** A generator that is short of time itself sends late and measures its own queue. */
function generator(loads: readonly LoadSamples[], guards: readonly string[]): Gate {
  const told = loads.map((load) => {
    const name = load.started.load
    const cpu = cpuShareOf(load)
    const reach = reachOf(load)
    const reached =
      reach === undefined
        ? 'its rate was not planned'
        : `${reach.reachedPerS.toFixed(1)} iterations/s of ${reach.askedPerS.toFixed(1)} asked for`
    const used =
      cpu === undefined ? 'its CPU was not measured' : `${(100 * cpu).toFixed(0)} % of the CPUs`
    const held =
      cpu !== undefined &&
      cpu <= CPU_SHARE_MAX &&
      (reach === undefined || reach.reachedPerS >= REACHED_MIN * reach.askedPerS)
    return { held, text: `load "${name}" reached ${reached} and used ${used}` }
  })
  const allowed = `allowed are ${100 * CPU_SHARE_MAX} % and at least ${100 * REACHED_MIN} % of the rate`
  const reason = `${told.map(({ text }) => text).join('; ')}; ${allowed}`
  return sound(
    'load-generator',
    guards,
    told.every(({ held }) => held),
    reason,
  )
}

/** Of a latency only: errors and gaps count what was never sent as not answered. */
function dropped(record: RunRecord, specs: readonly SloSpec[]): Gate {
  const affected = specs.filter(isLatency).flatMap((spec) => {
    const loads = judgedLoads(record, spec)
    const count = sumOf(spec.phases, (phase) => sumOf(loads, (l) => l.dropped.get(phase) ?? 0))
    return count > 0 ? [{ id: spec.id, count }] : []
  })
  const all = sumOf(record.loads, (load) => sumOf([...load.dropped.values()], (n) => n))
  const [first] = affected
  if (first === undefined) {
    const reason =
      all === 0
        ? 'every request that was planned was sent'
        : `${all} requests were never sent, none where a latency is judged`
    return sound('load-dropped', idsOf(specs), true, reason)
  }
  const most = Math.max(...affected.map(({ count }) => count))
  const reason = `${most} requests were never sent, because no user was free: the latency of what was sent is not that of what was asked`
  return sound('load-dropped', idsOf(affected), false, reason)
}

const idsOf = (of: readonly { readonly id: string }[]): readonly string[] => of.map(({ id }) => id)

function ended(loads: readonly LoadSamples[], guards: readonly string[]): Gate {
  for (const { started, ended: end } of loads) {
    const who = `load "${started.load}"`
    const why =
      end === undefined
        ? 'never ended in the journal'
        : endOfLoad(end) === 'good'
          ? contradictionOf(end)
          : `ended with ${end.exitCode}${end.said === undefined ? '' : `: ${end.said}`}`
    if (why !== undefined) return sound('load-ended', guards, false, `${who}: ${why}`)
  }
  return sound('load-ended', guards, true, 'the generator came to its end')
}

function summary(loads: readonly LoadSamples[], guards: readonly string[]): Gate {
  for (const load of loads) {
    const why = disagreementOf(load)
    if (why === undefined) continue
    return sound('load-summary', guards, false, `load "${load.started.load}": ${why}`)
  }
  const requests = sumOf(loads, (load) => load.requests)
  const reason = `${requests} requests in the samples, as k6 itself summed up; quantiles agree`
  return sound('load-summary', guards, true, reason)
}

/**
 * A threshold without samples passes in k6, and one that nobody evaluates is not missed: what the
 * journal promised, what k6 was told and what it evaluated must be the same, to the letter.
 */
function thresholds(record: RunRecord, specs: readonly SloSpec[]): Gate {
  const id = 'load-thresholds'
  const guards = idsOf(specs)
  let count = 0
  for (const spec of specs) {
    for (const { started } of judgedLoads(record, spec)) {
      const untold = thresholdsOf(spec).find(
        ({ metric, expression }) => !started.thresholds[metric]?.includes(expression),
      )
      if (untold === undefined) continue
      const reason = `load "${started.load}" was not told of ${untold.metric} ${untold.expression}, which "${spec.id}" promises`
      return vacuity(id, guards, false, reason)
    }
  }
  for (const { started, ended: end } of new Set(specs.flatMap((s) => judgedLoads(record, s)))) {
    const who = `load "${started.load}"`
    const evaluated = end?.summary?.thresholds
    if (evaluated === undefined) return vacuity(id, guards, false, `${who} left no summary`)
    const told = pairs(started.thresholds, (expressions) => expressions)
    const seen = pairs(evaluated, Object.keys)
    const missing = told.find((pair) => !seen.includes(pair))
    if (missing !== undefined) {
      return vacuity(id, guards, false, `${who} never evaluated ${missing}, which it was told to`)
    }
    const strange = seen.find((pair) => !told.includes(pair))
    if (strange !== undefined) {
      return vacuity(id, guards, false, `${who} evaluated ${strange}, which nobody asked for`)
    }
    count += seen.length
  }
  return vacuity(id, guards, true, `${count} thresholds were evaluated, those that were promised`)
}

const pairs = <T>(
  of: Readonly<Record<string, T>>,
  expressions: (value: T) => readonly string[],
): readonly string[] =>
  Object.entries(of).flatMap(([metric, value]) => expressions(value).map((e) => `${metric} ${e}`))

/** Where the promise did not hold before the fault, this machine is too slow to say what one does. */
function baseline(record: RunRecord, specs: readonly SloSpec[]): readonly Gate[] {
  const isBroken = record.loads.some(({ spans }) => spans.some((s) => s.phase === 'baseline'))
  if (!isBroken) return []
  const slow: { id: string; why: string }[] = []
  const good: string[] = []
  for (const spec of specs) {
    const { count, value } = readingOf(spec, judgedLoads(record, spec), 'baseline')
    const needed = samplesNeeded(spec)
    const number = value === undefined ? 'nothing' : formatReading(spec.of, value)
    const told = `${sayQuantity(spec)} ${number} (${count} requests)`
    if (count < needed) slow.push({ id: spec.id, why: `${told}, ${needed} requests are needed` })
    else if (value === undefined || value > spec.limit) {
      const why = `${told}, limit ${formatReading(spec.of, spec.limit)}: the host is too slow`
      slow.push({ id: spec.id, why })
    } else good.push(told)
  }
  const [first] = slow
  const id = 'load-baseline'
  if (first === undefined) {
    return [sound(id, idsOf(specs), true, `before the fault: ${good.join('; ')}`)]
  }
  return [sound(id, idsOf(slow), false, `before the fault: ${slow.map((s) => s.why).join('; ')}`)]
}
