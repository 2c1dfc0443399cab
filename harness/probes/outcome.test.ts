import { describe, expect, test } from 'vitest'
import { RequestFailed } from '../lib/http.ts'
import {
  isCasMismatch,
  metadataResult,
  NO_SERVER_HEADER,
  readResult,
  type Seen,
  writeOutcome,
} from './outcome.ts'

const answer = (status: number, body: unknown = '', headers = {}): Seen => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const errors = (status: number, ...texts: string[]): Seen => answer(status, { errors: texts })
const failed = (code: string, sent: boolean): Seen => new RequestFailed('no', { code, sent })

const SEALED = 'Vault is sealed'
const NO_LEADER = 'local node not active but active cluster node not found'
const NO_ACTIVE = 'no active Vault instance found'
const CAS = 'check-and-set parameter did not match the current version'

describe('a write', () => {
  test.each([
    // acknowledged
    ['200 with a version', answer(200, { data: { version: 1 } }), 'acknowledged'],
    // without a version nothing is proven
    ['200 without a version', answer(200, { data: {} }), 'unknown'],
    ['200 with a version that is no integer', answer(200, { data: { version: '1' } }), 'unknown'],
    ['200 with a body that is no JSON', answer(200, '<html>'), 'unknown'],
    ['200 with an empty body', answer(200), 'unknown'],
    ['204 where a version was due', answer(204), 'unknown'],
    // before any byte of the request
    ['a refused connection', failed('ECONNREFUSED', false), 'refused'],
    ['a name that does not resolve', failed('ENOTFOUND', false), 'refused'],
    ['a certificate of another', failed('ERR_TLS_CERT_ALTNAME_INVALID', false), 'refused'],
    ['a dial that took too long', failed('CONNECT_TIMEOUT', false), 'refused'],
    // after it
    ['a reset', failed('ECONNRESET', true), 'unknown'],
    ['a broken pipe', failed('EPIPE', true), 'unknown'],
    ['a closed connection', failed('UND_ERR_SOCKET', true), 'unknown'],
    ['no answer in time', failed('TIMEOUT', true), 'unknown'],
    ['502', answer(502, '<html>bad gateway'), 'unknown'],
    ['504', answer(504), 'unknown'],
    ['an unlisted 5xx', answer(507), 'unknown'],
    // HAProxy
    ['503 of HAProxy itself', answer(503, '<html>', { [NO_SERVER_HEADER]: '1' }), 'refused'],
    ['503 of nobody knows whom', answer(503, '<html>'), 'unknown'],
    // listed texts
    ['503 sealed', errors(503, SEALED), 'refused'],
    ['500 sealed', errors(500, SEALED), 'unknown'],
    ['503 sealed and something else', errors(503, SEALED, 'and more'), 'unknown'],
    ['503 with the text of sealed inside another', errors(503, `peer says ${SEALED}`), 'unknown'],
    ['500 without a leader to forward to', errors(500, NO_LEADER), 'refused'],
    ['503 without a leader to forward to', errors(503, NO_LEADER), 'unknown'],
    ['429 of a quota', errors(429, 'request path: rate limit quota exceeded'), 'refused'],
    ['403', errors(403, 'permission denied'), 'refused'],
    ['405', errors(405, 'unsupported operation'), 'refused'],
    // standbys
    ['307', answer(307, '', { location: 'https://vault-1:8200/v1/x' }), 'unknown'],
    ['503 without an active instance', errors(503, NO_ACTIVE), 'unknown'],
    // 500s after which the write may be there
    ['500 lost leadership', errors(500, 'leadership lost while committing log'), 'unknown'],
    ['500 restored', errors(500, 'snapshot restored while committing log'), 'unknown'],
    ['500 internal error', errors(500, 'internal error'), 'unknown'],
    ['500 of a context', errors(500, 'context deadline exceeded'), 'unknown'],
    ['500 of a cancelled context', errors(500, 'context canceled'), 'unknown'],
    ['500 without version data', errors(500, 'could not find version data'), 'unknown'],
    // 400 and 404
    ['400 of check-and-set', errors(400, CAS), 'refused'],
    ['400 of anything else', errors(400, 'missing data'), 'unknown'],
    ['404 of a mount that is not there', errors(404, 'no handler for route "x"'), 'refused'],
    [
      '404 as OpenBao words it',
      errors(404, 'no handler for route "x". route entry not found.'),
      'refused',
    ],
    ['404 with no text', errors(404), 'unknown'],
    // the rest
    ['100', answer(100), 'unknown'],
    ['202', answer(202, { data: { version: 1 } }), 'unknown'],
    ['301', answer(301), 'unknown'],
    ['409', answer(409), 'unknown'],
    ['473 of a performance standby', answer(473), 'unknown'],
  ] as const)('answered by %s is judged', (_title, seen, outcome) => {
    expect(writeOutcome(seen).outcome).toBe(outcome)
  })

  test.each([
    ['307', answer(307), 'refused'],
    ['503 without an active instance', errors(503, NO_ACTIVE), 'refused'],
    ['500 lost leadership', errors(500, 'leadership lost while committing log'), 'unknown'],
    ['a reset', failed('ECONNRESET', true), 'unknown'],
  ] as const)('that must not be forwarded and is answered by %s is judged', (_t, seen, outcome) => {
    expect(writeOutcome(seen, { forwarding: false }).outcome).toBe(outcome)
  })

  test('keeps version, status and reason', () => {
    expect(writeOutcome(answer(200, { data: { version: 3 } }))).toEqual({
      outcome: 'acknowledged',
      version: 3,
      status: 200,
    })
    expect(writeOutcome(errors(400, CAS))).toEqual({
      outcome: 'refused',
      status: 400,
      why: `400 ${CAS}`,
    })
    expect(writeOutcome(answer(204)).why).toBe('204 without a version')
    expect(writeOutcome(failed('ECONNRESET', true)).why).toBe('ECONNRESET after sending')
    expect(writeOutcome(failed('ECONNREFUSED', false)).why).toBe('ECONNREFUSED before sending')
  })

  test('carries no page of text as its reason', () => {
    const { why } = writeOutcome(errors(500, `1 error occurred:\n\t* ${'x'.repeat(10_000)}`))
    expect(why).toMatch(/^500 1 error occurred: \* x+$/)
    expect(why).toHaveLength(160)
  })
})

describe('a delete, undelete or destroy', () => {
  test.each([
    ['204', answer(204), 'acknowledged'],
    ['200', answer(200), 'unknown'],
    ['400 of check-and-set', errors(400, CAS), 'unknown'],
    ['503 sealed', errors(503, SEALED), 'refused'],
    ['307', answer(307), 'unknown'],
    ['404 of a mount that is not there', errors(404, 'no handler for route "x"'), 'refused'],
  ] as const)('answered by %s is judged', (_title, seen, outcome) => {
    expect(writeOutcome(seen, { operation: 'change' }).outcome).toBe(outcome)
  })
})

describe('a read', () => {
  const value = { op: 'a' }
  const metadata = { version: 2, deletion_time: '', destroyed: false }
  const deleted = { ...metadata, deletion_time: '2026-01-01T00:00:00Z' }

  test.each([
    [
      '200 with value and version',
      answer(200, { data: { data: value, metadata } }),
      { seen: 'value', value, version: 2 },
    ],
    ['404 without errors', errors(404), { seen: 'absent' }],
    [
      '404 with a deletion time',
      answer(404, { data: { data: null, metadata: deleted } }),
      { seen: 'deleted', version: 2 },
    ],
    [
      '404 of a destroyed version',
      answer(404, { data: { data: null, metadata: { ...metadata, destroyed: true } } }),
      { seen: 'deleted', version: 2 },
    ],
    [
      '500 without version data',
      errors(500, '1 error occurred:\n\t* could not find version data\n\n'),
      { seen: 'damaged', why: '500 could not find version data' },
    ],
  ] as const)('answered by %s proves something', (_title, seen, result) => {
    expect(readResult(seen)).toEqual(result)
  })

  test.each([
    ['200 without a version', answer(200, { data: { data: value } })],
    ['200 without a value', answer(200, { data: { data: null, metadata } })],
    ['200 that is no JSON', answer(200, '<html>')],
    ['404 of a mount that is not there', errors(404, 'no handler for route "secret/data/x"')],
    ['404 with metadata of a living version', answer(404, { data: { data: null, metadata } })],
    ['404 that is no JSON', answer(404, '<html>')],
    ['404 with an empty object', answer(404, {})],
    ['307', answer(307)],
    ['403', errors(403, 'permission denied')],
    ['405', errors(405, 'unsupported operation')],
    ['429', errors(429, 'quota')],
    ['400', errors(400, 'x')],
    ['500', errors(500, 'internal error')],
    ['500 without a leader', errors(500, NO_LEADER)],
    ['502', answer(502)],
    ['503 sealed', errors(503, SEALED)],
    ['503 of HAProxy itself', answer(503, '', { [NO_SERVER_HEADER]: '1' })],
    ['503 without an active instance', errors(503, NO_ACTIVE)],
    ['504', answer(504)],
    ['a refused connection', failed('ECONNREFUSED', false)],
    ['a reset', failed('ECONNRESET', true)],
    ['no answer in time', failed('TIMEOUT', true)],
  ] as const)('answered by %s proves nothing', (_title, seen) => {
    expect(readResult(seen).seen).toBe('nothing')
  })
})

describe('a conditional write', () => {
  test.each([
    ['400 of check-and-set', errors(400, CAS), true],
    ['400 of check-and-set and something else', errors(400, CAS, 'and more'), false],
    ['400 of anything else', errors(400, 'missing data'), false],
    ['500 with that text', errors(500, CAS), false],
    ['a reset', failed('ECONNRESET', true), false],
  ] as const)('answered by %s saw another version or not', (_title, seen, mismatch) => {
    expect(isCasMismatch(seen)).toBe(mismatch)
  })
})

describe('a read of metadata', () => {
  const version = { created_time: '2026-01-01T00:00:00Z', deletion_time: '', destroyed: false }
  const deletion_time = '2026-01-01T00:00:01Z'
  const metadata = (versions: unknown, current_version: unknown = 3) =>
    answer(200, { data: { current_version, max_versions: 250, versions } })

  test('lists the versions in their order, and what became of them', () => {
    const versions = {
      10: { ...version, destroyed: true },
      9: { ...version, deletion_time },
      2: version,
    }
    expect(metadataResult(metadata(versions, 10))).toEqual({
      seen: 'metadata',
      current: 10,
      versions: [{ version: 2 }, { version: 9, deleted: true }, { version: 10, destroyed: true }],
    })
  })

  test.each([
    ['no secret', errors(404), 'absent'],
    ['a mount that is not there', errors(404, 'no handler for route "x"'), 'nothing'],
    ['no versions', metadata(null), 'nothing'],
    ['no current version', metadata({ 1: version }, null), 'nothing'],
    ['a version that is no number', metadata({ a: version }), 'nothing'],
    ['503 sealed', errors(503, SEALED), 'nothing'],
    ['a reset', failed('ECONNRESET', true), 'nothing'],
  ] as const)('answered by %s proves that much', (_title, seen, result) => {
    expect(metadataResult(seen).seen).toBe(result)
  })
})
