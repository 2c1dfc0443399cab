import { median, percentile } from '../harness/lib/percentile.ts'
import type { OracleReading } from '../harness/objectives/raft-oracle.ts'
import type { Verdict } from '../harness/objectives/verdict.ts'
import { type Arm, type Measure, ratioOf } from './arms.ts'

/** One failure of CockroachDB's roachtest `failover/*`: 60 s failed, 60 s recovered. */
const ROACHTEST_MS = 120_000

/**
 * Crashes with a known end, of sound runs: what was measured under a failed gate is counted by
 * its verdict and says nothing of the product.
 */
export const soundReadings = (verdicts: readonly Verdict[]): readonly OracleReading[] =>
  verdicts
    .filter(({ verdict }) => verdict === 'passed' || verdict === 'failed')
    .flatMap(({ oracle }) => oracle ?? [])
    .filter(({ measured }) => measured.hi !== null)

/** Recovery times beside the model's medians, and the balancer's share in them. */
export function againstModel(readings: readonly OracleReading[]): Measure {
  const measured = readings.map(({ measured: { hi } }) => hi as number)
  const expected = readings.map((reading) => reading.expected.p50)
  const balancer = readings.map(({ allowance }) => allowance.balancerMs)
  const goal = 'recovery : model + post-unseal + balancer 0.9–1.15 at the medians'
  const recovery = arm(`recovery (${distribution(measured)})`, measured)
  const share = measure('balancer', "the balancer's share of the recovery, reported", {
    ours: arm('balancer', balancer),
    theirs: arm('recovery', measured),
  })
  return {
    ...measure('crash', goal, { ours: recovery, theirs: arm('model', expected) }),
    more: [share],
  }
}

/** What one of them costs in wall time. */
export const cost = (what: string, goal: string, walls: readonly number[]): Measure =>
  measure(`${what}-wall`, goal, {
    ours: arm(`${what} (${distribution(walls)})`, walls),
    theirs: arm('one failure of roachtest', [ROACHTEST_MS]),
  })

const arm = (name: string, ms: readonly number[]): Arm => ({
  name,
  ms,
  median: ms.length === 0 ? Number.NaN : median(ms),
})

function measure(name: string, goal: string, arms: Measure['arms']): Measure {
  const { ours, theirs } = arms
  const none = { value: Number.NaN, lo: Number.NaN, hi: Number.NaN }
  const ratio = ours.ms.length === 0 || theirs.ms.length === 0 ? none : ratioOf(ours.ms, theirs.ms)
  return { name, goal, ratio, arms, n: ours.ms.length }
}

/** The largest of n is the worst of n: it says nothing of a percentile that n cannot show. */
export function distribution(ms: readonly number[]): string {
  if (ms.length === 0) return 'none'
  const [min, p50, p90] = [0, 50, 90].map((p) => seconds(percentile(ms, p)))
  return `min ${min}, p50 ${p50}, p90 ${p90} s, worst of ${ms.length} ${seconds(Math.max(...ms))} s`
}

export function told({ measured: { hi }, ratio, ...reading }: OracleReading): string {
  if (hi === null) return `no recovery from the loss of ${reading.target}`
  const youngest = reading.youngestMs === null ? 'unknown' : `${seconds(reading.youngestMs)} s`
  return `RTO ${seconds(hi)} s, ${ratio} of the model, ${reading.class}, youngest ${youngest}`
}

export const seconds = (ms: number): string => (ms / 1000).toFixed(2)
