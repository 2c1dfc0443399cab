import { expect, test } from 'vitest'
import { expectedThresholds } from '../harness/probes/load-thresholds.ts'
import { type Objective, summaryOf, thresholdsOf } from './slo.ts'

const slo = (op: Objective['op'], of: Objective['of'], limit: number) => ({
  kind: 'slo' as const,
  id: `${op}-${of}`,
  op,
  of,
  limit,
  phases: ['steady'] as const,
  source: 'HLD:748-751',
})

const OBJECTIVES = [
  slo('all', 'p99', 50),
  slo('all', 'p99', 50), // of another phase
  slo('all', 'errors', 0.001),
  slo('read', 'p50', 10),
  slo('read', 'p90', 15),
  slo('read', 'p999', 50),
  slo('write', 'errors', 0.01),
]

test('k6 is asked for what the objectives say, and that each operation was sent at all', () => {
  expect(thresholdsOf(OBJECTIVES, ['read', 'write'])).toEqual({
    dropped_iterations: ['count<1'],
    http_reqs: ['count>0'],
    'http_reqs{op:read}': ['count>0'],
    'http_reqs{op:write}': ['count>0'],
    http_req_duration: ['p(99)<50'],
    http_req_failed: ['rate<0.001'],
    'http_req_duration{op:read}': ['p(50)<10', 'p(90)<15', 'p(99.9)<50'],
    'http_req_duration{op:write}': [],
    'http_req_failed{op:write}': ['rate<0.01'],
  })
})

test('the harness expects the same, derived by itself', () => {
  const built = Object.entries(thresholdsOf(OBJECTIVES, ['read', 'write']))
  expect(expectedThresholds(OBJECTIVES, ['read', 'write'])).toEqual(
    Object.fromEntries(built.filter(([, expressions]) => expressions.length > 0)),
  )
})

test('the summary says what was evaluated and crossed, with the lines of the documents', () => {
  const values = {
    count: 7,
    min: 1,
    avg: 2,
    'p(50)': 2,
    'p(90)': 3,
    'p(99)': 4,
    'p(99.9)': 5,
    max: 6,
  }
  const end = {
    metrics: {
      http_reqs: { values: { count: 7, rate: 1 }, thresholds: { 'count>0': { ok: true } } },
      http_req_duration: { values, thresholds: { 'p(99)<50': { ok: false } } },
      'http_req_duration{op:read}': { values },
      http_req_failed: { values: { rate: 0 } },
    },
  }
  expect(summaryOf(end, [slo('all', 'p99', 50)], ['read', 'write'])).toEqual({
    requests: 7,
    dropped: 0,
    thresholds: { http_reqs: { 'count>0': false }, http_req_duration: { 'p(99)<50': true } },
    latencyMs: {
      all: { count: 7, min: 1, avg: 2, p50: 2, p90: 3, p99: 4, p999: 5, max: 6 },
      read: { count: 7, min: 1, avg: 2, p50: 2, p90: 3, p99: 4, p999: 5, max: 6 },
    },
    sources: [{ metric: 'http_req_duration', is: 'p(99)<50', source: 'HLD:748-751' }],
  })
})

test('what was not sent has no numbers, and no request is none', () => {
  expect(summaryOf({ metrics: {} }, [], ['read'])).toEqual({
    requests: 0,
    dropped: 0,
    thresholds: {},
    latencyMs: {},
    sources: [],
  })
})
