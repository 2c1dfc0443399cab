import type { LoadSamples } from '../journal/load-samples.ts'
import { NS_PER_MS } from '../lib/clock.ts'

/** Share of the whole machine that the generator used; `undefined`: nobody measured it. */
export function cpuShareOf({ ended }: Pick<LoadSamples, 'ended'>): number | undefined {
  const { cpuMsPerS, processors } = ended ?? {}
  return cpuMsPerS === undefined || processors === undefined || processors < 1
    ? undefined
    : cpuMsPerS / 1000 / processors
}

export type Reach = { readonly askedPerS: number; readonly reachedPerS: number }

/** Iterations a second, planned and done; `undefined` for a model without a plan. */
export function reachOf(load: LoadSamples): Reach | undefined {
  const { started, iterations, life, ended } = load
  const { planned, ratePerS, durationMs } = started
  const whole = planned ?? (ratePerS === undefined ? undefined : (ratePerS * durationMs) / 1000)
  if (whole === undefined || durationMs <= 0) return undefined
  const askedPerS = (whole / durationMs) * 1000
  const lastedMs = life === undefined ? 0 : (life.to - life.from) / NS_PER_MS
  // One that was stopped is held against the time it had; the others had all of theirs.
  const ofMs = ended?.stopped === true && lastedMs > 0 ? Math.min(lastedMs, durationMs) : durationMs
  return { askedPerS, reachedPerS: (iterations / ofMs) * 1000 }
}
