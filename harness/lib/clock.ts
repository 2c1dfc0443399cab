/**
 * The only reader of the clocks. Arithmetic uses CLOCK_MONOTONIC, which all processes of one
 * host share; wall time is stored for people and never subtracted.
 */

/** Nanoseconds since the run's base; fits a double for 104 days. */
export type Ns = number

export const NS_PER_MS = 1_000_000

export class RunClock {
  /** CLOCK_MONOTONIC at the start of the run. Child processes get it, so all stamps compare. */
  readonly base: bigint

  constructor(base: bigint = process.hrtime.bigint()) {
    this.base = base
  }

  now(): Ns {
    return Number(process.hrtime.bigint() - this.base)
  }

  elapsedMs(since: Ns = 0): number {
    return (this.now() - since) / NS_PER_MS
  }
}

/** RFC 3339 in UTC with milliseconds. */
export const wallClock = (): string => new Date().toISOString()

export const wallClockMs = (): number => Date.now()
