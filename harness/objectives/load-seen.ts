import type { LoadPhase, LoadQuantile } from '../journal/entry.ts'
import type { LoadGroup, LoadSamples } from '../journal/load-samples.ts'
import type { RunRecord } from '../journal/read.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { HISTOGRAM_ERROR } from '../lib/histogram.ts'
import { longestGapMs, spacingOf } from './load-gap.ts'
import { cpuShareOf, reachOf } from './load-generator.ts'
import { failures, latencyOf, SHARES, sumOf } from './load-measure.ts'

/** A load as the verdict tells it. */
export type LoadSeen = {
  readonly load: string
  readonly model: 'open' | 'closed'
  readonly script: string
  readonly version: string
  /** Iterations a second, where a rate was planned. */
  readonly askedPerS: number | null
  /** What the document has for it, where less was asked of this machine. */
  readonly documentedPerS?: number
  readonly reachedPerS: number | null
  readonly requests: number
  readonly dropped: number
  /** Of the whole machine, 0…1. */
  readonly cpuShare: number | null
  readonly exitCode: number | null
  readonly timeoutMs: number
  readonly users: number
  /** Time between two requests of one user, which is no gap; 0 where they come as they like. */
  readonly spacingMs: number
  /** A quantile is at most this share above the true one. */
  readonly histogramError: number
  readonly phases: readonly LoadPhaseSeen[]
}

export type LoadPhaseSeen = {
  readonly phase: LoadPhase
  readonly seconds: number
  readonly dropped: number
  /** Longest time of one user between two good answers, without its spacing. */
  readonly longestGapMs: number
  /** `all` first. */
  readonly ops: readonly LoadOpSeen[]
}

export type LoadOpSeen = {
  readonly op: string
  readonly count: number
  readonly ratePerS: number
  readonly failed: number
  /** Class → count. */
  readonly errors: Readonly<Record<string, number>>
  /** Of the latency in milliseconds; a request that failed counts as given up. */
  readonly latencyMs: Readonly<Record<LoadQuantile, number>>
  /** Requests that had to connect first, which the latency does not hold. */
  readonly connected: number
  readonly slowestConnectMs: number
}

export const loadsSeen = ({ loads }: RunRecord): readonly LoadSeen[] => loads.map(loadSeen)

function loadSeen(load: LoadSamples): LoadSeen {
  const { started, ended, requests, dropped, users } = load
  const reach = reachOf(load)
  const spacingMs = spacingOf(load)
  return {
    load: started.load,
    model: started.model,
    script: started.script,
    version: started.version,
    askedPerS: reach === undefined ? null : rounded(reach.askedPerS),
    ...(started.documentedPerS === undefined ? {} : { documentedPerS: started.documentedPerS }),
    reachedPerS: reach === undefined ? null : rounded(reach.reachedPerS),
    requests,
    dropped: sumOf([...dropped.values()], (n) => n),
    cpuShare: orNull(cpuShareOf(load)),
    exitCode: ended?.exitCode ?? null,
    timeoutMs: started.timeoutMs,
    users,
    spacingMs: rounded(spacingMs),
    histogramError: HISTOGRAM_ERROR,
    phases: PHASES.flatMap((phase) => {
      const groups = load.groups.filter((group) => group.phase === phase)
      const seconds = secondsOf(load, phase)
      const lost = dropped.get(phase) ?? 0
      if (groups.length === 0 && lost === 0) return []
      const ops = [...new Set(groups.map(({ op }) => op))].sort(byName)
      return [
        {
          phase,
          seconds: rounded(seconds),
          dropped: lost,
          longestGapMs: rounded(longestGapMs(load, (each) => each === phase)),
          ops: [
            opSeen('all', groups, seconds),
            ...ops.map((op) =>
              opSeen(
                op,
                groups.filter((group) => group.op === op),
                seconds,
              ),
            ),
          ],
        },
      ]
    }),
  }
}

const PHASES: readonly LoadPhase[] = [
  'steady',
  'preparation',
  'baseline',
  'onset',
  'fault',
  'recovery',
  'after',
]

const OPS = ['read', 'write', 'list', 'delete', 'login']
const byName = (a: string, b: string): number => OPS.indexOf(a) - OPS.indexOf(b)

function opSeen(op: string, groups: readonly LoadGroup[], seconds: number): LoadOpSeen {
  const latency = latencyOf(groups)
  const count = sumOf(groups, (group) => group.count)
  const errors: Record<string, number> = {}
  for (const { failed } of groups) {
    for (const [kind, n] of Object.entries(failed)) errors[kind] = (errors[kind] ?? 0) + n
  }
  const quantile = (of: LoadQuantile): number => rounded(latency.quantile(SHARES[of]) ?? 0)
  return {
    op,
    count,
    ratePerS: seconds > 0 ? rounded(count / seconds) : 0,
    failed: sumOf(groups, failures),
    errors,
    latencyMs: {
      p50: quantile('p50'),
      p90: quantile('p90'),
      p99: quantile('p99'),
      p999: quantile('p999'),
    },
    connected: sumOf(groups, (group) => group.connected),
    slowestConnectMs: rounded(Math.max(0, ...groups.map((group) => group.slowestConnectMs))),
  }
}

/** The part of the load's life that lies in the phase. */
function secondsOf({ spans, life }: LoadSamples, phase: LoadPhase): number {
  if (life === undefined) return 0
  return sumOf(
    spans.filter((span) => span.phase === phase),
    ({ from, to }) =>
      Math.max(0, Math.min(to, life.to) - Math.max(from, life.from)) / NS_PER_MS / 1000,
  )
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000
const orNull = (value: number | undefined): number | null =>
  value === undefined ? null : rounded(value)
