import type { LoadEnded, LoadOperation, LoadStarted, ObjectiveSpec } from '../journal/entry.ts'
import { thresholdsOf } from '../journal/load.ts'

type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/**
 * A made load for tests and fixtures: what k6 2.2 writes, as it writes it, of requests whose times
 * are known. A test spoils one thing of it.
 */
export type MadeLoad = {
  started: LoadStarted
  startedMs: number
  ended: LoadEnded
  endedMs: number
  /** Lines of the samples. */
  lines: string[]
}

export type MadeRequest = {
  readonly sentMs: number
  readonly ms: number
  readonly op: LoadOperation
  readonly tenant: string
  /** k6's error code, or a status; absent: answered as it should be. */
  readonly failed?: { readonly code: string; readonly status: number; readonly why?: string }
  /** Answered with a good status, and with what nobody asked for. */
  readonly isWrong?: boolean
  /** It had to connect first. */
  readonly connectMs?: number
}

export type MadeLoadOptions = {
  readonly load?: string
  readonly model?: 'open' | 'closed'
  readonly fromMs?: number
  readonly toMs?: number
  readonly ratePerS?: number
  readonly tenants?: number
  readonly timeoutMs?: number
  /** Latency of request number `i`, sent at that time. */
  readonly latencyMs?: (i: number, sentMs: number) => number
  /** Refused, or hung until they are given up, within. */
  readonly outages?: readonly {
    readonly fromMs: number
    readonly toMs: number
    readonly how: 'refused' | 'hung'
  }[]
  readonly objectives?: readonly ObjectiveSpec[]
}

/** Of `made-record.ts`: when its run clock was 0. */
export const MADE_WALL_MS = Date.UTC(2026, 10, 22, 2, 1, 14)

const WRITE_EVERY = 10

export function madeLoad(options: MadeLoadOptions = {}): MadeLoad {
  const { fromMs = 500, toMs = 11_000, ratePerS = 360, tenants = 40 } = options
  const { timeoutMs = 1000, outages = [], latencyMs = usual } = options
  const count = Math.floor(((toMs - fromMs) * ratePerS) / 1000)
  const requests = Array.from({ length: count }, (_, i): MadeRequest => {
    const sentMs = fromMs + (1000 * i) / ratePerS
    const about = {
      sentMs,
      op: i % WRITE_EVERY === WRITE_EVERY - 1 ? ('write' as const) : ('read' as const),
      tenant: `t${i % tenants}`,
    }
    const outage = outages.find((o) => o.fromMs <= sentMs && sentMs < o.toMs)
    if (outage === undefined) {
      return { ...about, ms: latencyMs(i, sentMs), ...(i < tenants ? { connectMs: 4 } : {}) }
    }
    return outage.how === 'refused'
      ? { ...about, ms: 0, failed: { code: '1212', status: 0 } }
      : { ...about, ms: timeoutMs, failed: { code: '1050', status: 0 } }
  })
  return loadOf(requests, options)
}

/** 2 to 8 ms, some of them 20. */
const usual = (i: number): number => 2 + ((i * 37) % 61) / 10 + (i % 200 === 0 ? 12 : 0)

/** The load that consists of these requests. */
export function loadOf(
  requests: readonly MadeRequest[],
  {
    load = 'open',
    model = 'open',
    fromMs = 500,
    toMs = 11_000,
    ratePerS = 360,
    tenants = 40,
    timeoutMs = 1000,
    objectives = [],
  }: MadeLoadOptions = {},
): MadeLoad {
  const specs = objectives.filter((spec): spec is SloSpec => spec.kind === 'slo')
  const isJudged = model === 'open'
  const thresholds: Record<string, string[]> = { http_reqs: ['count>0'] }
  for (const { metric, expression } of isJudged ? specs.flatMap(thresholdsOf) : []) {
    const known = thresholds[metric] ?? []
    if (!known.includes(expression)) thresholds[metric] = [...known, expression]
  }
  const crossed = Object.fromEntries(
    Object.entries(thresholds).map(([metric, expressions]) => [
      metric,
      Object.fromEntries(expressions.map((e) => [e, isCrossed(metric, e, requests)])),
    ]),
  )
  const isBad = Object.values(crossed).some((of) => Object.values(of).some((was) => was))
  const ops = [...new Set(requests.map(({ op }) => op))]
  return {
    started: {
      load,
      script: isJudged ? 'steady.ts' : 'closed.ts',
      model,
      ...(isJudged ? { ratePerS, planned: requests.length, tenants } : { users: tenants }),
      durationMs: toMs - fromMs,
      timeoutMs,
      samples: isJudged ? 'k6/samples.json.gz' : `k6/${load}.samples.json.gz`,
      thresholds,
      version: '2.2.0',
    },
    startedMs: fromMs - 40,
    ended: {
      load,
      exitCode: isBad ? 99 : 0,
      summary: {
        requests: requests.length,
        dropped: 0,
        thresholds: crossed,
        latencyMs: Object.fromEntries(
          ['all', ...ops].map((op) => [op, quantilesOf(durationsOf(requests, op))]),
        ),
      },
      cpuMsPerS: 180,
      processors: 2,
    },
    endedMs: toMs + timeoutMs + 20,
    lines: [...DECLARATIONS, ...requests.toSorted(byEnd).flatMap(linesOf)],
  }
}

const byEnd = (a: MadeRequest, b: MadeRequest): number => a.sentMs + a.ms - b.sentMs - b.ms

const DECLARATIONS = ['http_reqs', 'http_req_duration', 'iterations'].map((name) =>
  JSON.stringify({
    type: 'Metric',
    data: { name, type: 'trend', contains: 'time', thresholds: [], submetrics: null },
    metric: name,
  }),
)

function linesOf(request: MadeRequest): string[] {
  const { sentMs, ms, op, tenant, failed, isWrong = false, connectMs = 0 } = request
  const end = sentMs + ms + connectMs
  const tags = { endpoint: 'kv', op, tenant }
  const answer =
    failed === undefined
      ? { expected_response: 'true', ...tags, status: '200' }
      : { error_code: failed.code, expected_response: 'false', ...tags, status: `${failed.status}` }
  const told = isWrong ? 'wrong' : failed?.why
  const why = failed === undefined && !isWrong ? undefined : told === undefined ? {} : { why: told }
  // A request that never had a connection lasted 0 for k6.
  const counted = failed?.code === '1050' ? 0 : ms
  return [
    point('http_reqs', end, 1, answer),
    point('http_req_duration', end, counted, answer),
    ...(failed === undefined ? [point('http_req_blocked', end, connectMs, answer)] : []),
    ...(why === undefined
      ? []
      : [point('call_duration', end + 0.1, Math.round(ms), { ...tags, ok: 'false', ...why })]),
    point('iterations', end + 0.2, 1, {}),
  ]
}

/** @param ms of the run clock */
export const point = (
  metric: string,
  ms: number,
  value: number,
  tags: Readonly<Record<string, string>>,
): string =>
  JSON.stringify({ metric, type: 'Point', data: { time: wallOf(ms), value: rounded(value), tags } })

/** RFC 3339 with nanoseconds, without the zeros at its end, as Go writes it. */
function wallOf(ms: number): string {
  const second = Math.floor(ms / 1000)
  const known = SECONDS.get(second) ?? new Date(MADE_WALL_MS + 1000 * second).toISOString()
  SECONDS.set(second, known)
  const ns = Math.round((ms - 1000 * second) * 1e6)
  const digits = String(ns).padStart(9, '0').replace(/0+$/, '')
  return `${known.slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`
}

const SECONDS = new Map<number, string>()

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

const durationsOf = (requests: readonly MadeRequest[], op: string): readonly number[] =>
  requests
    .filter((request) => op === 'all' || request.op === op)
    .map(({ ms, failed }) => (failed?.code === '1050' ? 0 : ms))
    .sort((a, b) => a - b)

function quantilesOf(sorted: readonly number[]): Record<string, number> {
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const low = sorted[Math.floor(place)] ?? 0
    return low + ((sorted[Math.ceil(place)] ?? 0) - low) * (place - Math.floor(place))
  }
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) }
}

function isCrossed(metric: string, expression: string, requests: readonly MadeRequest[]): boolean {
  const op = /\{op:(\w+)\}/.exec(metric)?.[1] ?? 'all'
  const of = requests.filter((request) => op === 'all' || request.op === op)
  const [, quantile, limit = '0'] = /^p\(([\d.]+)\)<([\d.]+)$/.exec(expression) ?? []
  if (quantile !== undefined) {
    const names: Readonly<Record<string, string>> = {
      50: 'p50',
      90: 'p90',
      99: 'p99',
      99.9: 'p999',
    }
    return (quantilesOf(durationsOf(of, 'all'))[names[quantile] ?? ''] ?? 0) >= Number(limit)
  }
  const rate = /^rate<([\d.]+)$/.exec(expression)?.[1]
  const share = of.filter(({ failed }) => failed !== undefined).length / Math.max(1, of.length)
  return rate !== undefined && share >= Number(rate)
}
