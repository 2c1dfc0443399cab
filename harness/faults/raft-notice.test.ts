import { expect, test } from 'vitest'
import { goSeconds } from './raft-notice.ts'

test.each([
  ['0s', 0],
  ['931.877597ms', 0.931877597],
  ['2.431823523s', 2.431823523],
  ['1m2.5s', 62.5],
  ['1h0m3s', 3603],
  ['85µs', 0.000085],
  ['', 0],
])('the Go duration "%s" is %f seconds', (text, seconds) => {
  expect(goSeconds(text)).toBeCloseTo(seconds, 9)
})
