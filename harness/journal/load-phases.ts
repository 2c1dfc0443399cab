import type { Ns } from '../lib/clock.ts'
import type { Entry, LoadPhase } from './entry.ts'

/** A stretch of time in which requests of the load meet the same thing. */
export type LoadSpan = { readonly phase: LoadPhase; readonly from: Ns; readonly to: Ns }

/**
 * The phases of the load, from the faults and the stable run that the journal tells of. A fault is
 * in force until its healing begins, at the longest until the service is stable for good: a
 * killed process stays dead, and what clients see once another leads is no longer the fault.
 * Where nobody watched the service, it is never known to be stable and there is no `after`.
 */
export function loadSpans(entries: readonly Entry[]): readonly LoadSpan[] {
  const faults = forces(entries)
  const first = Math.min(...faults.map(({ from }) => from))
  if (faults.length === 0) return [{ phase: 'steady', from: -Infinity, to: Infinity }]
  const stable = stableFrom(entries, first)
  const phaseAt = (t: Ns): LoadPhase => {
    if (t < first) return 'baseline'
    if (t >= stable) return 'after'
    const inForce = faults.filter(({ from, to }) => from <= t && t < to)
    if (inForce.some(({ seen }) => t < seen)) return 'onset'
    return inForce.length > 0 ? 'fault' : 'recovery'
  }
  const borders = [first, stable, ...faults.flatMap(({ from, seen, to }) => [from, seen, to])]
    .filter((t) => t >= first && t <= stable && Number.isFinite(t))
    .sort((a, b) => a - b)
  const spans: LoadSpan[] = [...before(entries, first)]
  for (const [i, from] of borders.entries()) {
    const to = borders[i + 1] ?? Infinity
    if (to <= from) continue
    const phase = phaseAt(from)
    const last = spans.at(-1)
    if (last?.phase === phase) spans[spans.length - 1] = { ...last, to }
    else spans.push({ phase, from, to })
  }
  return spans
}

export const phaseOf = (spans: readonly LoadSpan[], t: Ns): LoadPhase =>
  (spans.find(({ from, to }) => from <= t && t < to) ?? spans.at(-1))?.phase ?? 'steady'

type Force = { readonly from: Ns; readonly seen: Ns; readonly to: Ns }

/**
 * From issued to the beginning of its healing. Until the witness has seen it, or given up, the
 * harness itself looks hard at it, from inside of the pods.
 */
function forces(entries: readonly Entry[]): readonly Force[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'fault.injected') return []
    const healed = entries.find(
      (later) => later.kind === 'fault.healed' && later.data.fault === entry.data.fault,
    )
    const to = healed?.kind === 'fault.healed' ? (healed.data.began ?? healed.t) : Infinity
    const looked = entries.find(
      (later) =>
        (later.kind === 'fault.witnessed' || later.kind === 'fault.unseen') &&
        later.data.fault === entry.data.fault,
    )
    return [{ from: entry.data.issued, seen: looked?.t ?? entry.data.issued, to }]
  })
}

/**
 * The baseline is the last stretch in which the run did nothing but look at an undisturbed service.
 * Before that all users make their connections at once and the lanes and clients start; after it
 * the fault is prepared, by toolboxes and looks from inside. All that is the harness's own doing.
 */
function before(entries: readonly Entry[], first: Ns): readonly LoadSpan[] {
  const phases = entries.flatMap((entry) =>
    entry.kind === 'phase' && entry.t < first ? [{ name: entry.data.name, t: entry.t }] : [],
  )
  const from = phases.findLast(({ name }) => name === 'steady')?.t
  if (from === undefined) return [{ phase: 'baseline', from: -Infinity, to: first }]
  const to = phases.find(({ name, t }) => name === 'body' && t >= from)?.t ?? first
  return [
    { phase: 'preparation', from: -Infinity, to: from },
    { phase: 'baseline', from, to },
    ...(to < first ? [{ phase: 'preparation' as const, from: to, to: first }] : []),
  ]
}

/** Since when it has been stable after all that happened to it; the last word counts. */
function stableFrom(entries: readonly Entry[], first: Ns): Ns {
  const said = entries.findLast((entry) => entry.kind === 'stable')
  return said?.kind === 'stable' && said.data.since >= first ? said.data.since : Infinity
}
