import type { Ns } from '../lib/clock.ts'
import type { Failure } from './flip-server.ts'
import type { Canary } from './probe-message.ts'

/** What parent and flip server tell each other. */

/** When the server was bad, by its own clock. */
export type TrueOutage = { readonly from: Ns; readonly until: Ns }

/** Milliseconds of being good and then bad. */
export type FlipPhase = {
  readonly good: number
  readonly bad: number
  /** Absent: connections are reset. */
  readonly how?: Failure
}

export type ToFlipServer =
  | {
      readonly do: 'listen'
      readonly clockBase: string
      /** PEM; absent: TLS is off. */
      readonly certificate?: { readonly cert: string; readonly key: string }
    }
  /** Being good and being bad by turns, in milliseconds; ends good. */
  | {
      readonly do: 'flip'
      readonly phasesMs: readonly FlipPhase[]
    }
  | { readonly do: 'stop' }

export type FromFlipServer =
  | { readonly said: 'listening'; readonly port: number; readonly canary: Canary }
  | { readonly said: 'flipped'; readonly outages: readonly TrueOutage[] }
  | { readonly said: 'stopped' }
