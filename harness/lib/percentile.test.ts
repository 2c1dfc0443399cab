import { describe, expect, test } from 'vitest'
import { median, percentile } from './percentile.ts'

describe('the percentile by nearest rank', () => {
  const ten = [10, 2, 8, 4, 6, 1, 9, 3, 7, 5]

  test.each([
    [0, 1],
    [10, 1],
    [10.1, 2],
    [50, 5],
    [90, 9],
    [99, 10],
    [100, 10],
  ])('%f of one to ten is %i', (p, value) => {
    expect(percentile(ten, p)).toBe(value)
  })

  test('leaves its input in its order', () => {
    const values = [3, 1, 2]
    percentile(values, 50)
    expect(values).toEqual([3, 1, 2])
  })

  test('sorts numbers as numbers', () => {
    expect(median([100, 9, 20])).toBe(20)
  })

  test.each([
    [[], 50, 'a percentile needs at least one value'],
    [[1], 101, 'p is 101, not in 0…100'],
    [[1], -1, 'p is -1, not in 0…100'],
  ])('of %o at %i is a bug', (values, p, message) => {
    expect(() => percentile(values, p)).toThrow(message)
  })
})
