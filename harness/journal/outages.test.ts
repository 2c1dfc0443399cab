import { expect, test } from 'vitest'
import { NS_PER_MS } from '../lib/clock.ts'
import { type MadeTrouble, madeLane } from './made-lane.ts'
import { outagesOf } from './outages.ts'

const refused = (fromMs: number, toMs: number): MadeTrouble => ({ fromMs, toMs, how: 'refused' })

test.each([
  ['no trouble', [], []],
  ['one outage', [refused(1000, 2500)], [[1000, 2500]]],
  [
    'two outages with 1.2 s of good between',
    [refused(1000, 1500), refused(2700, 3000)],
    [
      [1000, 1500],
      [2700, 3000],
    ],
  ],
  [
    'a burst: good for less than 1 s between is one outage',
    [refused(1000, 1100), refused(1500, 1600), refused(2400, 2500)],
    [[1000, 2500]],
  ],
  [
    'requests that hang',
    [{ fromMs: 1000, toMs: 4000, how: 'lost' } as MadeTrouble],
    [[1000, 4000]],
  ],
])('with %s the outages contain the truth', (_, troubles, truths) => {
  const outages = outagesOf(madeLane({ untilMs: 6000, troubles }))

  expect(outages).toHaveLength(truths.length)
  for (const [i, [fromMs, toMs]] of truths.entries()) {
    const { inner, outer, over } = outages[i] as (typeof outages)[number]
    expect(over).toBe(true)
    expect(outer.from).toBeLessThanOrEqual((fromMs as number) * NS_PER_MS)
    expect(outer.to).toBeGreaterThanOrEqual((toMs as number) * NS_PER_MS)
    expect(inner.to - inner.from).toBeLessThanOrEqual(
      ((toMs as number) - (fromMs as number)) * NS_PER_MS,
    )
    expect(outer.to - outer.from - (inner.to - inner.from)).toBeLessThan(25 * NS_PER_MS)
  }
})

test('an outage that lasts to the end of the record is not over', () => {
  const [outage] = outagesOf(madeLane({ untilMs: 3000, troubles: [refused(2000, 9000)] }))

  expect(outage?.over).toBe(false)
})
