import { describe, expect, test } from 'vitest'
import { RequestFailed } from '../lib/http.ts'
import type { Seen } from './outcome.ts'
import { registerDeleted, registerRead, registerWritten } from './register-outcome.ts'
import { dataPath, numberedValue } from './value.ts'

const answer = (status: number, body: unknown = ''): Seen => ({
  status,
  headers: {},
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const errors = (status: number, ...texts: string[]): Seen => answer(status, { errors: texts })
const failed = (code: string, sent: boolean): Seen => new RequestFailed('no', { code, sent })

const MISMATCH = errors(400, 'check-and-set parameter did not match the current version')

describe('a write to a register', () => {
  test.each([
    ['200 with a version', answer(200, { data: { version: 7 } }), { t: 'ack', ver: 7 }],
    ['200 without a version', answer(200, { data: {} }), { t: 'unknown' }],
    ['no answer in time', failed('TIMEOUT', true), { t: 'unknown' }],
    ['a connection that was never there', failed('ECONNREFUSED', false), { t: 'refused' }],
    ['307', answer(307), { t: 'unknown' }],
    ['503 sealed', errors(503, 'Vault is sealed'), { t: 'refused' }],
    ['500 lost leadership', errors(500, 'leadership lost while committing log'), { t: 'unknown' }],
  ])('answered by %s is recorded', (_title, seen, out) => {
    for (const cas of [true, false]) expect(registerWritten(seen, { cas })).toMatchObject(out)
  })

  test('that expected another version is an observation of the register', () => {
    expect(registerWritten(MISMATCH, { cas: true })).toEqual({ t: 'casfail' })
    expect(registerWritten(MISMATCH, { cas: false }).t).toBe('refused')
    expect(registerWritten(errors(400, 'missing data'), { cas: true }).t).toBe('unknown')
  })

  test('says why it is not acknowledged', () => {
    expect(registerWritten(errors(403, 'permission denied'), { cas: false })).toEqual({
      t: 'refused',
      why: '403 permission denied',
    })
  })
})

describe('a delete of a register', () => {
  test.each([
    ['204', answer(204), 'ack'],
    ['200', answer(200), 'unknown'],
    ['400', MISMATCH, 'unknown'],
    ['a reset', failed('ECONNRESET', true), 'unknown'],
    ['503 sealed', errors(503, 'Vault is sealed'), 'refused'],
  ] as const)('answered by %s is recorded', (_title, seen, t) => {
    expect(registerDeleted(seen).t).toBe(t)
  })
})

describe('a read of a register', () => {
  const path = dataPath('rpo/7f3a/register/t1/hot-1')
  const value = numberedValue(path, 12)
  const metadata = { version: 3, deletion_time: '', destroyed: false }
  const found = (data: unknown) => answer(200, { data: { data, metadata } })

  test.each([
    ['a value', found(value), { t: 'ack', ver: 3, val: value.op }],
    ['no secret', errors(404), { t: 'ack', val: null }],
    [
      'a deleted version',
      answer(404, { data: { data: null, metadata: { ...metadata, deletion_time: '2026' } } }),
      { t: 'ack', ver: 3, deleted: true },
    ],
    [
      'a value whose content was changed',
      found({ ...value, pad: 'another' }),
      { t: 'corrupt', why: 'version 3: its value is not what its checksum says' },
    ],
    [
      'the value of another register',
      found(numberedValue(dataPath('rpo/other'), 12)),
      { t: 'corrupt', why: 'version 3: its value belongs to /v1/secret/data/rpo/other' },
    ],
    [
      'a value of nobody',
      found({ a: 1 }),
      { t: 'corrupt', why: 'version 3: its value names no write' },
    ],
    [
      'a version without its data',
      errors(500, 'could not find version data'),
      { t: 'corrupt', why: '500 could not find version data' },
    ],
    ['a mount that is not loaded', errors(404, 'no handler for route "x"'), { t: 'unknown' }],
    ['503 sealed', errors(503, 'Vault is sealed'), { t: 'unknown', why: '503 Vault is sealed' }],
    ['no connection', failed('ECONNREFUSED', false), { t: 'unknown' }],
  ])('that finds %s is recorded', (_title, seen, out) => {
    expect(registerRead(seen, path)).toMatchObject(out)
  })
})
