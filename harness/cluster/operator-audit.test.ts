import { expect, test } from 'vitest'
import { lossesIn, tellLoss } from './operator-audit.ts'

const at = (second: number) => `2026-11-30T02:00:${String(second).padStart(2, '0')}.123456789Z`
const msOf = (second: number) => Date.UTC(2026, 10, 30, 2, 0, second, 123)

const asked = (operation: string, path: string, second: number, id = `${operation} ${path}`) => ({
  type: 'request',
  time: at(second),
  request: { id, operation, path },
})
const answered = (id: string, error?: string) => ({
  type: 'response',
  time: at(59),
  request: { id, operation: 'delete', path: '' },
  ...(error === undefined ? {} : { error }),
})

test('what takes data away for good is found, each secret with its last time', () => {
  const entries = [
    asked('delete', 'secret/metadata/tenants/a/1', 1),
    asked('delete', 'secret/metadata/tenants/a/1', 9),
    asked('update', 'secret/destroy/tenants/a/2', 4),
    asked('update', 'secret/destroy/tenants/a', 5),
  ]
  expect([...lossesIn(entries, 'tenants/a')]).toEqual([
    ['tenants/a/1', msOf(9)],
    ['tenants/a/2', msOf(4)],
    ['tenants/a', msOf(5)],
  ])
})

test.each([
  ['a read of its metadata', asked('read', 'secret/metadata/tenants/a/1', 1)],
  ['a deletion that undelete takes back', asked('delete', 'secret/data/tenants/a/1', 1)],
  ['the deletion of a neighbour', asked('delete', 'secret/metadata/tenants/ab/1', 1)],
  ['an answer', answered('1')],
])('%s is none', (_what, entry) => {
  expect([...lossesIn([entry], 'tenants/a')]).toEqual([])
})

test('one that was refused is none, one without an answer is', () => {
  const path = (n: number) => `secret/metadata/tenants/a/${n}`
  const entries = [
    asked('delete', path(1), 1, 'denied'),
    answered('denied', 'permission denied'),
    asked('delete', path(2), 2, 'done'),
    answered('done'),
    asked('delete', path(3), 3, 'unknown'),
  ]
  expect([...lossesIn(entries, 'tenants/a').keys()]).toEqual(['tenants/a/2', 'tenants/a/3'])
})

test.each([
  [{ secrets: 0, nodes: [], silent: [] }, 'no audit log has it'],
  [
    { secrets: 0, nodes: [], silent: ['vault-3'] },
    'no audit log has it; the logs of vault-3 are gone',
  ],
  [{ firstMs: 0, secrets: 0, nodes: [], silent: [] }, '1970-01-01T00:00:00.000Z, as was told'],
  [
    { firstMs: 0, secrets: 2, nodes: ['vault-1', 'vault-2'], silent: [] },
    '1970-01-01T00:00:00.000Z, the first of 2, by the logs of vault-1, vault-2',
  ],
])('of %o whoever recovers reads: %s', (loss, told) => {
  expect(tellLoss(loss)).toBe(told)
})
