import { expect, test } from 'vitest'
import { HISTOGRAM_ERROR, TimeHistogram } from './histogram.ts'
import { percentile } from './percentile.ts'

/** A latency as servers have it: most are short, some very long. */
const times = Array.from(
  { length: 20_000 },
  (_, i) => 0.3 + 4000 ** (((i * 7919) % 20_000) / 20_000),
)

test.each([0.5, 0.9, 0.99, 0.999, 1])('the quantile %d is right to three digits', (share) => {
  const histogram = new TimeHistogram()
  for (const ms of times) histogram.record(ms)
  const exact = percentile(times, 100 * share - 1e-9) // 99.9 % of 20,000 is no more than 19,980

  expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact)
  expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * (1 + HISTOGRAM_ERROR) + 0.002)
})

test('two distributions are added', () => {
  const [fast, slow] = [new TimeHistogram(), new TimeHistogram()]
  for (let i = 0; i < 99; i++) fast.record(1)
  slow.record(500)
  fast.add(slow)

  expect(fast.count).toBe(100)
  expect(fast.quantile(0.99)).toBeCloseTo(1, 2)
  expect(fast.quantile(0.999)).toBeCloseTo(500, 0)
})

test('nothing and the impossible have their place', () => {
  const histogram = new TimeHistogram()
  expect(histogram.quantile(0.5)).toBeUndefined()

  histogram.record(0)
  histogram.record(1e12)
  expect(histogram.quantile(0.5)).toBe(0.001)
  expect(histogram.quantile(1)).toBeCloseTo(3_600_000, -4)
})
