import { expect, test } from 'vitest'
import { milliseconds } from '../lib/duration.ts'
import { slo } from './slo.ts'

test('a service level is named by what it measures', () => {
  expect(slo({ op: 'read', p99: milliseconds(20), phases: ['steady'], source: 'HLD:749' })).toEqual(
    {
      kind: 'slo',
      id: 'slo-read-p99',
      op: 'read',
      of: 'p99',
      limit: 20,
      phases: ['steady'],
      source: 'HLD:749',
    },
  )
  expect(slo({ op: 'all', errors: 0.001, phases: ['after'], id: 'errors' })).toMatchObject({
    id: 'errors',
    of: 'errors',
    limit: 0.001,
  })
})
