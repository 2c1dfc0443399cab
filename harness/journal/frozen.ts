import type { LoadOperation, LoadPhase, LoadQuantile } from './load.ts'

/** What was promised before anything happened: entry 0 of every journal. */

export const FORMAT_VERSION = 1

/** A promise with a limit. Frozen in entry 0, judged from the files alone. */
export type ObjectiveSpec =
  | {
      readonly kind: 'rto'
      readonly id: string
      readonly limitMs: number
      /** Good answers in a row that start a stable run, and the time after it without a bad one. */
      readonly stableCount: number
      readonly holdDownMs: number
      /**
       * What it is counted from; absent: the fault. `new-leader`: another node says that it leads,
       * `first-step`: the first step of a procedure is done. `healing`: each fault's healing begins.
       */
      readonly since?: 'new-leader' | 'first-step' | 'healing'
      /** Whether the time that people are declared to need counts too; absent: machines' alone. */
      readonly people?: 'added'
      /**
       * What it is counted to; absent: the stable run of the lanes. `last-step`: the end of the last
       * step of what was performed, where it is not the service that was lost.
       */
      readonly until?: 'last-step'
      readonly source?: string
    }
  | {
      readonly kind: 'no-outage'
      readonly id: string
      readonly holdDownMs: number
      /** How long one outage may be where one is expected; absent: there may be none. */
      readonly longestMs?: number
      readonly source?: string
    }
  | {
      readonly kind: 'rpo'
      readonly id: string
      readonly lostWrites: number
      /** What may be lost at the end, as time before the fault. */
      readonly windowMs?: number
      readonly source?: string
    }
  | {
      readonly kind: 'consistency'
      readonly id: string
      /**
       * `strict`: linearizable. `vault-lease`: a paused or cut-off leader may serve old data for a
       * while, which is classified and no miss.
       */
      readonly contract: 'strict' | 'vault-lease'
      readonly source?: string
    }
  | {
      readonly kind: 'checks'
      readonly id: string
      /** Titles of the facts that must all be seen as expected. */
      readonly titles: readonly string[]
      readonly source?: string
    }
  | {
      /** A latency, an error share or a gap of the load, judged in each of its phases apart. */
      readonly kind: 'slo'
      readonly id: string
      /** The operation that is measured; `all`: every request of the load together. */
      readonly op: LoadOperation | 'all'
      /** `gap`: the longest time of one user between two good answers, without its own spacing. */
      readonly of: LoadQuantile | 'errors' | 'gap'
      /** Milliseconds, or of `errors` the share of requests that failed, 0…1. */
      readonly limit: number
      readonly phases: readonly LoadPhase[]
      /** Which load, where several run; absent: every open one together. */
      readonly load?: string
      readonly source?: string
    }

/** A number of a source document, reported as held or not held; it never fails a run. */
export type ClaimSpec =
  | {
      readonly source: string
      readonly says: string
      readonly of: 'rto'
      readonly limitMs: number
    }
  | {
      readonly source: string
      readonly says: string
      readonly of: 'slo'
      /** What an objective would say; its own `id` and `source` are those of the claim. */
      readonly slo: Omit<Extract<ObjectiveSpec, { kind: 'slo' }>, 'source'>
    }

/** A miss that the scenario exists to show. */
export type Expectation = { readonly missed: string; readonly because: string }

export type Frozen = {
  readonly format: typeof FORMAT_VERSION
  readonly scenario: string
  readonly id: string
  readonly variant?: string
  readonly title: string
  readonly hypothesis: string
  readonly source: string
  readonly product: string
  readonly version: string
  readonly multiplier: number
  readonly seed: string
  readonly argv: readonly string[]
  readonly objectives: readonly ObjectiveSpec[]
  readonly claims: readonly ClaimSpec[]
  readonly expects: readonly Expectation[]
  /** Ids of facts that must be seen at least once, or the run proves nothing. */
  readonly mustObserve: readonly string[]
  /** Whether the scenario runs the probe and so has a ledger. */
  readonly probed: boolean
  /** Whether the cluster's standbys answer reads themselves or hand them to the leader. */
  readonly standbyReads: 'local' | 'forwarded'
  readonly nodes: readonly string[]
  /** How long parts of it last, where that can be chosen; missing in journals of before it could. */
  readonly lengthsMs?: Readonly<Record<string, number>>
  /** The command that runs it again. */
  readonly repro: string
}
