import { expect, test } from 'vitest'
import { tagsOf } from './answer.ts'

const read = { status: 200, holds: 'load-test-secret-load-0007"' }
const value = (tenant: string) =>
  `{"data":{"data":{"api_key":"k","secret":"load-test-secret-${tenant}"},"metadata":{"version":1}}}`
const errors = (...texts: readonly string[]) => `${JSON.stringify({ errors: texts })}\n`

test.each([
  ['the value of its tenant', 200, value('load-0007'), 'true', undefined],
  ['the value of another tenant', 200, value('load-0070'), 'false', 'wrong'],
  ['a good status with nothing in it', 200, null, 'false', 'wrong'],
  ['a good status with what is no text', 200, new ArrayBuffer(3), 'false', 'wrong'],
  ['a sealed server', 503, errors('Vault is sealed'), 'false', 'sealed'],
  [
    'a standby that finds nobody to forward to',
    500,
    errors('local node not active but active cluster node not found'),
    'false',
    'no-leader',
  ],
  [
    'one that finds nobody to redirect to',
    503,
    errors('no active Vault instance found'),
    'false',
    'no-leader',
  ],
  ['another complaint of a server', 503, errors('too much'), 'false', undefined],
  ['a page of something in between', 503, '<html><body>503</body></html>', 'false', 'not-vault'],
  ['an empty page', 502, null, 'false', 'not-vault'],
  ['a refusal', 403, errors('permission denied'), 'false', undefined],
  ['no answer', 0, null, 'false', undefined],
])('of %s it is told', (_what, status, body, ok, why) => {
  expect(tagsOf({ status, body }, read)).toEqual({ ok, ...(why === undefined ? {} : { why }) })
})

test('where nothing is expected of the text, the status says it all', () => {
  expect(tagsOf({ status: 204, body: null }, { status: 204 })).toEqual({ ok: 'true' })
})
