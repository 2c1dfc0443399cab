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
    return faults.some(({ from, to }) => from <= t && t < to) ? 'fault' : 'recovery'
  }
  const borders = [first, stable, ...faults.flatMap(({ from, to }) => [from, to])]
    .filter((t) => t >= first && t <= stable && Number.isFinite(t))
    .sort((a, b) => a - b)
  const settled = settledBefore(entries, first)
  const spans: LoadSpan[] =
    settled === undefined
      ? [{ phase: 'baseline', from: -Infinity, to: first }]
      : [
          { phase: 'warm-up', from: -Infinity, to: settled },
          { phase: 'baseline', from: settled, to: first },
        ]
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

/** From issued to the beginning of its healing. */
function forces(entries: readonly Entry[]): readonly { readonly from: Ns; readonly to: Ns }[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'fault.injected') return []
    const healed = entries.find(
      (later) => later.kind === 'fault.healed' && later.data.fault === entry.data.fault,
    )
    const to = healed?.kind === 'fault.healed' ? (healed.data.began ?? healed.t) : Infinity
    return [{ from: entry.data.issued, to }]
  })
}

/**
 * When the run began to look at an undisturbed service for the last time before its fault. Until
 * then all users make their connections at once, the lanes and clients start and toolboxes are
 * brought up: the harness's own doing, of which no document promises anything.
 */
function settledBefore(entries: readonly Entry[], first: Ns): Ns | undefined {
  return entries.findLast(
    (entry) => entry.kind === 'phase' && entry.data.name === 'steady' && entry.t < first,
  )?.t
}

/** Since when it has been stable after all that happened to it; the last word counts. */
function stableFrom(entries: readonly Entry[], first: Ns): Ns {
  const said = entries.findLast((entry) => entry.kind === 'stable')
  return said?.kind === 'stable' && said.data.since >= first ? said.data.since : Infinity
}
