import type { LoadQuantile } from '../journal/entry.ts'
import type { LoadSamples } from '../journal/load-samples.ts'
import { HISTOGRAM_ERROR, type TimeHistogram } from '../lib/histogram.ts'
import { formatMs, SHARES, sumOf } from './load-measure.ts'

/**
 * The first number in which the samples and k6's own summary differ, as people read it. Both count
 * every request, so they must be equal; quantiles may differ by the error of the histogram and by
 * how the space between two requests is divided.
 */
export function disagreementOf(load: LoadSamples): string | undefined {
  const { started, cut, strange, ended, requests, dropped, counted } = load
  if (cut !== undefined) return `${started.samples} ${cut}`
  if (strange > 0) return `${started.samples} has ${strange} lines that k6 does not write`
  const summary = ended?.summary
  if (summary === undefined) return undefined // that it is missing, `load-thresholds` says
  if (summary.requests !== requests) {
    return `k6 counted ${summary.requests} requests, its samples hold ${requests}`
  }
  const lost = sumOf([...dropped.values()], (n) => n)
  if (summary.dropped !== lost) {
    return `k6 dropped ${summary.dropped} iterations, its samples hold ${lost}`
  }
  for (const [op, quantiles] of Object.entries(summary.latencyMs)) {
    const own = counted.get(op)
    for (const [name, share] of Object.entries(SHARES) as [LoadQuantile, number][]) {
      const theirs = quantiles[name]
      if (theirs === undefined) continue
      if (own === undefined) {
        if (theirs === 0) continue // what k6 says of no request at all
        return `k6 has a ${name} of ${op}, its samples hold no such request`
      }
      const { lo, hi } = between(own, share)
      if (theirs >= lo && theirs <= hi) continue
      return `k6 has ${formatMs(theirs)} for ${name} of ${op}, its samples give ${formatMs(lo)} to ${formatMs(hi)}`
    }
  }
  return undefined
}

/** k6 takes a point between two neighbours; one microsecond is the resolution of ours. */
function between(
  histogram: TimeHistogram,
  share: number,
): { readonly lo: number; readonly hi: number } {
  const place = share * (histogram.count - 1)
  return {
    lo: histogram.atRank(Math.floor(place + 1e-9) + 1) / (1 + HISTOGRAM_ERROR) - 0.002,
    hi: histogram.atRank(Math.ceil(place - 1e-9) + 1) + 0.002,
  }
}
