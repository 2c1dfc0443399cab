import type { LoadPhase, LoadQuantile, ObjectiveSpec } from '../journal/entry.ts'
import type { LoadGroup, LoadSamples } from '../journal/load-samples.ts'
import type { RunRecord } from '../journal/read.ts'
import { TimeHistogram } from '../lib/histogram.ts'
import { longestGapMs } from './load-gap.ts'

type SloSpec = Extract<ObjectiveSpec, { kind: 'slo' }>

/** What an objective is about. */
export type Measured = Pick<SloSpec, 'op' | 'of' | 'limit' | 'load'>

export const SHARES: Readonly<Record<LoadQuantile, number>> = {
  p50: 0.5,
  p90: 0.9,
  p99: 0.99,
  p999: 0.999,
}

/** A quantile of fewer requests is the luck of a handful of them. */
const SAMPLES_MIN: Readonly<Record<LoadQuantile, number>> = {
  p50: 20,
  p90: 100,
  p99: 1000,
  p999: 10_000,
}
const ERRORS_MIN = 100
/** A turn of the design's users; of a gap in all of its phases together. */
const GAP_MIN = 100

/** Requests without which the number says nothing: of a share, one of them must be able to show it. */
export function samplesNeeded({ of, limit }: Pick<Measured, 'of' | 'limit'>): number {
  if (of === 'gap') return GAP_MIN
  return of === 'errors'
    ? Math.max(ERRORS_MIN, limit > 0 ? Math.ceil(1 / limit) : 0)
    : SAMPLES_MIN[of]
}

export const isLatency = ({ of }: Pick<Measured, 'of'>): boolean => of !== 'errors' && of !== 'gap'

/** Loads of the closed model are told and never judged: its users wait with the service. */
export const judgedLoads = (
  { loads }: Pick<RunRecord, 'loads'>,
  { load }: Pick<Measured, 'load'> = {},
): readonly LoadSamples[] =>
  loads.filter(({ started }) =>
    load === undefined ? started.model === 'open' : started.load === load,
  )

/** One number of the load in one phase. */
export type Reading = {
  readonly phase: LoadPhase
  readonly count: number
  readonly failed: number
  /** Requests that were never sent: the generator had no user left for them. */
  readonly dropped: number
  /** Milliseconds, or a share; `undefined` without requests. */
  readonly value: number | undefined
}

export function readingOf(
  { op, of }: Pick<Measured, 'op' | 'of'>,
  loads: readonly LoadSamples[],
  phase: LoadPhase,
): Reading {
  // The look of a witness makes answers slow; who fails a request in it is the service.
  const countsOnset = !isLatency({ of }) && phase === 'fault'
  const isOf = (each: LoadPhase) => each === phase || (each === 'onset' && countsOnset)
  const groups = loads.flatMap((load) =>
    load.groups.filter((group) => isOf(group.phase) && (op === 'all' || group.op === op)),
  )
  const count = sumOf(groups, (group) => group.count)
  const failed = sumOf(groups, failures)
  const dropped = sumOf(loads, (load) =>
    sumOf([...load.dropped], ([each, n]) => (isOf(each) ? n : 0)),
  )
  const reading = { phase, count, failed, dropped }
  if (of === 'gap') {
    return { ...reading, value: Math.max(0, ...loads.map((load) => longestGapMs(load, isOf))) }
  }
  const asked = count + dropped
  const share = asked === 0 ? undefined : (failed + dropped) / asked
  const value = of === 'errors' ? share : latencyOf(groups).quantile(SHARES[of])
  return { ...reading, value }
}

export function latencyOf(groups: readonly LoadGroup[]): TimeHistogram {
  const together = new TimeHistogram()
  for (const { latency } of groups) together.add(latency)
  return together
}

export const failures = ({ failed }: LoadGroup): number =>
  Object.values(failed).reduce((sum, n) => sum + n, 0)

export const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0)

/** `31.2 ms`, `0.04 %`. */
export const formatReading = (of: Measured['of'], value: number): string =>
  of === 'errors' ? `${trimmed(100 * value)} %` : formatMs(value)

/** Three digits: more than a measurement of a busy machine says. */
export const formatMs = (ms: number): string =>
  ms >= 10_000 ? `${trimmed(ms / 1000)} s` : `${trimmed(ms)} ms`

const trimmed = (value: number): string =>
  value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))

/** As people write it. */
export const sayQuantity = ({ op, of }: Pick<Measured, 'op' | 'of'>): string => {
  if (of === 'gap') return 'longest gap of a user'
  const whose = op === 'all' ? 'requests' : `${op} requests`
  return of === 'errors' ? `failed ${whose}` : `${of === 'p999' ? 'p99.9' : of} of ${whose}`
}
