import { median, percentile } from '../harness/lib/percentile.ts'
import type { Arm } from './arms.ts'

/** An arm of which the tail is what counts. */
export const tailOf = (name: string, ms: readonly number[]): Arm => ({
  name,
  ms,
  median: median(ms),
  p95: percentile(ms, 95),
  max: Math.max(...ms),
})

/** For people: `poll: p50 512.1, p95 890.0, max 951.2 ms (n = 20)`. */
export function distribution(name: string, ms: readonly number[]): string {
  const at = (p: number) => percentile(ms, p).toFixed(1)
  return `${name}: p50 ${at(50)}, p95 ${at(95)}, max ${at(100)} ms (n = ${ms.length})`
}
