import type { LoadPhase } from '../journal/entry.ts'
import type { LoadSamples } from '../journal/load-samples.ts'
import { NS_PER_MS } from '../lib/clock.ts'

/**
 * The longest time of one user between two good answers, without its own spacing, in milliseconds,
 * of the gaps that lie mostly in a phase of these.
 */
export function longestGapMs(load: LoadSamples, isOf: (phase: LoadPhase) => boolean): number {
  const { spans, gaps } = load
  const spacingMs = spacingOf(load)
  let longest = 0
  for (const { from, to } of gaps) {
    const within = new Map<LoadPhase, number>()
    for (const { phase, from: start, to: end } of spans) {
      const shared = Math.max(0, Math.min(to, end) - Math.max(from, start))
      within.set(phase, (within.get(phase) ?? 0) + shared)
    }
    const [most] = [...within].toSorted(([, a], [, b]) => b - a)
    if (most !== undefined && isOf(most[0])) {
      longest = Math.max(longest, (to - from) / NS_PER_MS - spacingMs)
    }
  }
  return longest
}

/** An open load serves its users in turn; those of a closed one come when they like. */
export function spacingOf({ started, users }: Pick<LoadSamples, 'started' | 'users'>): number {
  const { model, ratePerS, tenants = users } = started
  return model === 'open' && ratePerS !== undefined && ratePerS > 0
    ? (1000 * tenants) / ratePerS
    : 0
}
