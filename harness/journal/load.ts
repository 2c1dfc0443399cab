import type { ObjectiveSpec } from './frozen.ts'

/** A load on the cluster, as the journal has it. The samples themselves are k6's own file. */

/** `p999` is p99.9. */
export type LoadQuantile = 'p50' | 'p90' | 'p99' | 'p999'

export type LoadOperation = 'read' | 'write' | 'list' | 'delete' | 'login'

/**
 * What a request of the load met, by the instant at which it was sent: `preparation` while the run
 * prepares itself or its fault, `baseline` between the two, `onset` until a
 * witness has seen the fault, `fault` while one is in force, `recovery`
 * until the service is stable again, `after` from then on. A scenario without a fault has one
 * phase, `steady`.
 */
export type LoadPhase =
  | 'steady'
  | 'preparation'
  | 'baseline'
  | 'onset'
  | 'fault'
  | 'recovery'
  | 'after'

export type LoadStarted = {
  /** Names it in this record; `open` and `closed` may run beside each other. */
  readonly load: string
  readonly script: string
  /** `open`: requests come at their time; `closed`: each user waits for its answer. */
  readonly model: 'open' | 'closed'
  /** Requests a second of an open model, all operations together. */
  readonly ratePerS?: number
  /** What the document has for it, where this machine was asked for less. */
  readonly documentedPerS?: number
  /** Iterations that an open model plans in all, against which those reached are held. */
  readonly planned?: number
  /** Users of a closed model. */
  readonly users?: number
  /** Tenants that are served in turn; each stands for one user, tag `tenant`. */
  readonly tenants?: number
  readonly durationMs: number
  /** When a request is given up. A failed one counts as lasting as long: it was no fast answer. */
  readonly timeoutMs: number
  /**
   * Raw samples, relative to the scenario's directory: NDJSON of k6, compressed. Requests without
   * the tag `op` are the script's own preparation and part of no phase.
   */
  readonly samples: string
  /** What k6 was told to evaluate: metric → expressions. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>
  readonly version: string
}

export type LoadEnded = {
  readonly load: string
  readonly exitCode: number
  /** The harness ended it because the scenario was over; its exit code then says nothing. */
  readonly stopped?: true
  /** What k6's own summary says, against which ours is held; absent when it wrote none. */
  readonly summary?: {
    readonly requests: number
    readonly dropped: number
    /** metric → expression → whether it was crossed. */
    readonly thresholds: Readonly<Record<string, Readonly<Record<string, boolean>>>>
    /**
     * Of `http_req_duration` by operation and of `all`, in milliseconds: quantiles by their names
     * here, beside min, avg and max. Of every request that k6 counted, those that failed too.
     */
    readonly latencyMs: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
  /** CPU of the generator per second of its run, in milliseconds, and the processors there are. */
  readonly cpuMsPerS?: number
  readonly processors?: number
  /**
   * Each second's share of the host's CPU time that nobody wanted, 0…1: where no probe runs, this
   * tells whether the host was to blame. Missing in journals of before it was measured.
   */
  readonly hostIdle?: readonly number[]
  /** Its last words when it did not end well; no secret is in them. */
  readonly said?: string
}

/** A threshold as k6 writes it: `http_req_duration{op:read}` and `p(99)<20`. */
export type LoadThreshold = { readonly metric: string; readonly expression: string }

const QUANTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9 } as const

/**
 * What k6 has to evaluate because of an objective. The script derives it on its own: a threshold
 * that one of the two forgot, or wrote otherwise, is found by comparing them. Of the gaps between
 * the answers of one user k6 knows nothing.
 */
export function thresholdsOf({
  op,
  of,
  limit,
}: Pick<Extract<ObjectiveSpec, { kind: 'slo' }>, 'op' | 'of' | 'limit'>): readonly LoadThreshold[] {
  const tag = op === 'all' ? '' : `{op:${op}}`
  if (of === 'gap') return []
  return of === 'errors'
    ? [{ metric: `http_req_failed${tag}`, expression: `rate<${limit}` }]
    : [{ metric: `http_req_duration${tag}`, expression: `p(${QUANTILES[of]})<${limit}` }]
}

/** Samples of a load generator: no chain but one compressed file, sealed by its hash. */
export const isLoadFile = (file: string): boolean => LOAD_FILE.test(file)

const LOAD_FILE = /^k6\/(?!\.)[\w.-]+\.json\.gz$/
