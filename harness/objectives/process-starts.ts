import type { Entry } from '../journal/entry.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import { concerns, effectiveFrom, nodesNamed } from './fault-record.ts'
import { phaseSpans } from './phase-span.ts'

/**
 * Starts and ends of servers that this run did not bring about, from the processes that the
 * journal saw: once settled, before each fault, and after everything had converged.
 */
export function foreignStarts(entries: readonly Entry[]): readonly string[] {
  const seen = entries.filter((entry) => entry.kind === 'node.processes')
  return seen.slice(1).flatMap(({ t, data }, i) => {
    const before = seen[i]?.data.nodes ?? {}
    return Object.entries(data.nodes).flatMap(([node, { pid, ageMs }]) => {
      const known = before[node]
      if (known === undefined || known.pid === pid) return []
      const own = ownSpans(entries, node)
      if (pid === 0) {
        const isOwn = own.some(({ from }) => from <= t)
        return isOwn ? [] : [`the server of ${node} was ended by somebody else`]
      }
      const startedAt = t - ageMs * NS_PER_MS
      const isOwn = own.some(
        ({ from, to }) => startedAt >= from - TOLERANCE && startedAt <= to + TOLERANCE,
      )
      const when = formatDuration({ ms: Math.max(0, startedAt / NS_PER_MS) })
      return isOwn
        ? []
        : [`the server of ${node} was started by somebody else ${when} into the run`]
    })
  })
}

/** An age is the difference of two wall clocks, the engine's and ours. */
const TOLERANCE = 1000 * NS_PER_MS

type Span = { readonly from: Ns; readonly to: Ns }

/** When this run itself may end or start the node's server: its faults, procedures and healing. */
function ownSpans(entries: readonly Entry[], node: string): readonly Span[] {
  const faults = faultSpans(entries, node)
  const heal = phaseSpans(entries).filter(({ name }) => name === 'heal')
  return [
    ...faults,
    ...healingSpans(entries, node),
    ...procedureSpans(entries, node),
    ...(faults.length > 0 ? heal : []),
  ]
}

/** The body may heal a fault itself, which starts what the fault had ended. */
function healingSpans(entries: readonly Entry[], node: string): readonly Span[] {
  const nodes = nodesOf(entries)
  return entries.flatMap((entry) =>
    entry.kind === 'fault.healed' && concerns(entry.data.target, node, nodes)
      ? [{ from: entry.data.began ?? entry.t, to: entry.t }]
      : [],
  )
}

const nodesOf = (entries: readonly Entry[]): readonly string[] =>
  entries.find((entry) => entry.kind === 'frozen')?.data.nodes ?? []

/** From its instant to the witness; one on something else than nodes may come to them at any time. */
function faultSpans(entries: readonly Entry[], node: string): readonly Span[] {
  const nodes = nodesOf(entries)
  return entries.flatMap((entry) => {
    if (entry.kind !== 'fault.planned') return []
    const { fault, target } = entry.data
    if (!concerns(target, node, nodes)) return []
    const from = effectiveFrom(entries, fault) ?? entry.t
    if (nodesNamed(target, nodes) === undefined) return [{ from, to: Number.POSITIVE_INFINITY }]
    const end = entries.find(
      ({ kind, data }) =>
        (kind === 'fault.witnessed' || kind === 'fault.unseen') &&
        (data as { fault: string }).fault === fault,
    )
    return [{ from, to: end?.t ?? Number.POSITIVE_INFINITY }]
  })
}

/** From the start of a procedure to the end of its last step; one that names no node is for all. */
function procedureSpans(entries: readonly Entry[], node: string): readonly Span[] {
  return entries.flatMap((entry, i) => {
    if (entry.kind !== 'procedure.started') return []
    if (entry.data.nodes?.includes(node) === false) return []
    const next = entries.findIndex(({ kind }, j) => j > i && kind === 'procedure.started')
    const own = entries.slice(i, next === -1 ? undefined : next)
    const started = own.filter(({ kind }) => kind === 'step.started').length
    const ended = own.filter(({ kind }) => kind === 'step.ended')
    const isOver = ended.length > 0 && ended.length === started
    return [{ from: entry.t, to: isOver ? (ended.at(-1)?.t ?? entry.t) : Number.POSITIVE_INFINITY }]
  })
}
