import type { Operation } from './mix.ts'

export type Objective = {
  readonly id: string
  readonly op: Operation | 'all'
  readonly of: 'p50' | 'p90' | 'p99' | 'p999' | 'errors'
  /** Milliseconds, or of `errors` a share, 0…1. */
  readonly limit: number
  /** Where a document promises it: `HLD:748-751`. */
  readonly source?: string
}

/** What k6 evaluates at its end: metric → expressions. */
export type Thresholds = Record<string, string[]>

/**
 * The objectives as k6 writes them. The verdict comes from the raw samples, phase by phase; these
 * are the coarse guard over the whole run, and what k6 says of them is held against what we say.
 *
 * k6 lets a latency without a single sample pass, so every operation must also have been sent
 * (k6 issue 4283), and nothing may have been dropped.
 */
export function thresholdsOf(
  objectives: readonly Objective[],
  operations: readonly Operation[],
): Thresholds {
  const thresholds: Thresholds = { dropped_iterations: ['count<1'] }
  for (const op of ['all', ...operations] as const) {
    thresholds[metricOf('http_reqs', op)] = ['count>0']
    // Without an expression k6 still keeps the numbers of the operation for its summary.
    thresholds[metricOf('http_req_duration', op)] = []
  }
  for (const { op, of, limit } of objectives) {
    const metric = metricOf(of === 'errors' ? 'http_req_failed' : 'http_req_duration', op)
    const expressions = new Set([...(thresholds[metric] ?? []), `${EXPRESSIONS[of]}<${limit}`])
    thresholds[metric] = [...expressions] // the same may be promised in two phases
  }
  return thresholds
}

export const metricOf = (metric: string, op: Operation | 'all'): string =>
  op === 'all' ? metric : `${metric}{op:${op}}`

const EXPRESSIONS: Readonly<Record<Objective['of'], string>> = {
  p50: 'p(50)',
  p90: 'p(90)',
  p99: 'p(99)',
  p999: 'p(99.9)',
  errors: 'rate',
}

/** Of k6's end-of-test data what we use; its own type says nothing of it. */
export type EndData = {
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly values: Readonly<Record<string, number>>
        readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
      }
    >
  >
}

export type Summary = {
  readonly requests: number
  readonly dropped: number
  /** metric → expression → whether it was crossed. */
  readonly thresholds: Readonly<Record<string, Readonly<Record<string, boolean>>>>
  /** Of `http_req_duration`, by operation and of `all`, in milliseconds. */
  readonly latencyMs: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Of each objective the expression that stands for it and its line in a document. */
  readonly sources: readonly {
    readonly metric: string
    readonly is: string
    readonly source: string
  }[]
}

export function summaryOf(
  { metrics }: EndData,
  objectives: readonly Objective[],
  operations: readonly Operation[],
): Summary {
  const evaluated = Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) => {
    const crossed = Object.entries(thresholds).map(([is, { ok }]) => [is, !ok] as const)
    return crossed.length === 0 ? [] : [[metric, Object.fromEntries(crossed)] as const]
  })
  const latencies = (['all', ...operations] as const).flatMap((op) => {
    const values = metrics[metricOf('http_req_duration', op)]?.values
    return values === undefined ? [] : [[op, latenciesIn(values)] as const]
  })
  return {
    requests: metrics.http_reqs?.values.count ?? 0,
    dropped: metrics.dropped_iterations?.values.count ?? 0,
    thresholds: Object.fromEntries(evaluated),
    latencyMs: Object.fromEntries(latencies),
    sources: objectives.map(({ op, of, limit, source = '-' }) => ({
      metric: metricOf(of === 'errors' ? 'http_req_failed' : 'http_req_duration', op),
      is: `${EXPRESSIONS[of]}<${limit}`,
      source,
    })),
  }
}

/** As k6 has to be asked for them. */
export const TREND_STATS = ['min', 'avg', 'p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max', 'count']

const latenciesIn = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    TREND_STATS.flatMap((stat) => {
      const value = values[stat]
      const name = stat === 'p(99.9)' ? 'p999' : stat.replace(/[()]/g, '')
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
