import { expect, test } from 'vitest'
import { thresholdsOf } from './load.ts'

test.each([
  [{ op: 'read', of: 'p99', limit: 20 }, 'http_req_duration{op:read} p(99)<20'],
  [{ op: 'write', of: 'p999', limit: 100 }, 'http_req_duration{op:write} p(99.9)<100'],
  [{ op: 'all', of: 'p50', limit: 2.5 }, 'http_req_duration p(50)<2.5'],
  [{ op: 'list', of: 'errors', limit: 0.001 }, 'http_req_failed{op:list} rate<0.001'],
  [{ op: 'all', of: 'errors', limit: 0 }, 'http_req_failed rate<0'],
] as const)('the objective %o is told to k6 as %s', (spec, told) => {
  const said = thresholdsOf(spec).map(({ metric, expression }) => `${metric} ${expression}`)

  expect(said).toEqual([told])
})

test('of the gaps of a user k6 is told nothing', () => {
  expect(thresholdsOf({ op: 'all', of: 'gap', limit: 5000 })).toEqual([])
})
