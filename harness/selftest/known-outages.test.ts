import { describe, expect, test } from 'vitest'
import { Seed } from '../lib/seed.ts'
import { recoveryOf } from '../objectives/recovery.ts'
import { contradictionsOf, fromFirstBad, toFirstGood } from './known-outages.ts'

const SEEDS = Array.from({ length: 40 }, (_, i) => new Seed(`outages/${i}`))

describe('outages of known length', () => {
  test('contradict nothing that the judge says', () => {
    expect(SEEDS.flatMap((seed) => contradictionsOf(recoveryOf, seed))).toEqual([])
  })

  test.each([
    ['begins at the first bad answer', fromFirstBad, 'outages that begin late'],
    ['ends at the first good answer', toFirstGood, 'flapping outages'],
  ])('contradict a judge whose recovery time %s', (_what, judge, name) => {
    const each = SEEDS.map((seed) => contradictionsOf(judge, seed))
    expect(each.filter((names) => !names.includes(name))).toEqual([])
  })
})
