import { expect, test } from 'vitest'
import { Seed } from '../lib/seed.ts'
import { bridgedShare, type CacheUse, hitRatio } from './cache-model.ts'

/** What the load of the design is (HLD:1062-1073): 100 users, 0.1 to 1 s apart, ten reads to a write. */
const DOCUMENTED: CacheUse = {
  readsPerS: 165,
  writesPerS: 16.5,
  credentials: 100,
  instances: 1,
  ttlMs: 300_000,
}

test.each([
  ['as documented', {}, 0.909],
  ['with ten instances', { instances: 10 }, 0.9085],
  ['with a hundred instances', { instances: 100 }, 0.796],
  ['without writes', { writesPerS: 0 }, 0.998],
  ['with a read in five minutes', { readsPerS: 100 / 300, writesPerS: 0 }, 0.5],
  ['with a time to live of 5 s', { ttlMs: 5000, writesPerS: 0 }, 0.892],
])('%s the cache is hit as often as calculated', (_what, use, expected) => {
  expect(hitRatio({ ...DOCUMENTED, ...use })).toBeCloseTo(expected, 3)
})

test('a simulation of reads and writes comes to the same ratio', () => {
  const use = { readsPerS: 2, writesPerS: 0.3, credentials: 1, instances: 1, ttlMs: 4000 }
  const seed = new Seed('model')
  let [t, until, hits, reads] = [0, -1, 0, 0]
  for (let i = 0; i < 50_000; i++) {
    t += -Math.log(1 - seed.fraction(`gap${i}`)) / (use.readsPerS + use.writesPerS)
    if (seed.fraction(`what${i}`) < use.writesPerS / (use.readsPerS + use.writesPerS)) until = -1
    else {
      reads++
      if (t < until) hits++
      else until = t + use.ttlMs / 1000
    }
  }
  expect(hits / reads).toBeCloseTo(hitRatio(use), 2)
})

test.each([
  ['a minute', 60_000, 0.9],
  ['the time to live', 300_000, 0.5],
  ['twice that', 600_000, 0.25],
])('an outage of %s is bridged as far as calculated', (_what, outageMs, share) => {
  expect(bridgedShare({ outageMs, ttlMs: 300_000 })).toBeCloseTo(share, 9)
})
