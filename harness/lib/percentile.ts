import assert from 'node:assert/strict'

/** The nearest-rank percentile of unsorted numbers; `p` in 0…100. */
export function percentile(values: readonly number[], p: number): number {
  assert.ok(values.length > 0, 'a percentile needs at least one value')
  assert.ok(p >= 0 && p <= 100, `p is ${p}, not in 0…100`)
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((p / 100) * sorted.length))
  return sorted[rank - 1] as number
}

export const median = (values: readonly number[]): number => percentile(values, 50)
