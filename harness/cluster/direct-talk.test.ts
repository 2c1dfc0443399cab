import { expect, test } from 'vitest'
import { NS_PER_MS } from '../lib/clock.ts'
import { type Exchange, goodAfter, talkAfter } from './direct-talk.ts'

const at = (ms: number): number => ms * NS_PER_MS
const CUT = at(1000)

const talk: readonly Exchange[] = [
  { what: 'write', sent: at(900), good: true, stale: false },
  { what: 'write', sent: at(1400), good: true, stale: false },
  { what: 'write', sent: at(1600), good: false, stale: false },
  { what: 'read', sent: at(950), good: true, stale: false },
  { what: 'read', sent: at(1700), good: true, stale: true },
  { what: 'read', sent: at(1300), good: true, stale: false },
  { what: 'read', sent: at(2000), good: false, stale: false },
]

test.each([
  [0, 1],
  [399, 1],
  [500, 0],
])('of the writes sent more than %i ms after the cut %i were acknowledged', (ms, count) => {
  expect(goodAfter(talk, 'write', CUT, ms)).toBe(count)
})

test('in words it says how many there were and when the last one was sent', () => {
  expect(talkAfter(talk, CUT)).toBe(
    'of 2 writes sent to it after the cut acknowledged: 1, the last one sent 400 ms after it; of 3 reads served: 2, the last one sent 700 ms after it; stale: 1, the last one sent 700 ms after it',
  )
  expect(talkAfter([], CUT)).toContain('of 0 reads served: none; stale: none')
})
