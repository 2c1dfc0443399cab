import type { Seal } from '../journal/chain.ts'
import type { ProbeTarget } from './probe-message.ts'

/** What parent and workload process tell each other. Only JSON: the base of the clock is text. */

export type WorkloadConfiguration = {
  readonly clockBase: string
  readonly directory: string
  readonly balancer: ProbeTarget
  /** Absent: TLS is off. */
  readonly ca?: string
  readonly token: string
  readonly prefix: string
  readonly seed: string
  readonly clients: number
  /** Of all clients together. */
  readonly operationsPerSecond: number
  /** Of one operation. */
  readonly deadlineMs: number
}

export type ToWorkload =
  | { readonly do: 'configure'; readonly configuration: WorkloadConfiguration }
  | { readonly do: 'start' }
  | { readonly do: 'stop' }

export type FromWorkload =
  | { readonly said: 'configured' }
  | { readonly said: 'started' }
  | { readonly said: 'stopped'; readonly seal: Seal }
