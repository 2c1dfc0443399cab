import { describe, expect, test } from 'vitest'
import { dataPath, isIntact, numberedValue, readNumberedValue } from './value.ts'

const path = dataPath('rpo/7f3a/12')
const value = numberedValue(path, 12)

describe('a numbered value', () => {
  test('says where it belongs and is recognised by its hash', () => {
    expect(value).toMatchObject({ k: '/v1/secret/data/rpo/7f3a/12', n: 12 })
    expect(value.sha).toMatch(/^[0-9a-f]{64}$/)
    expect(isIntact(value, value.sha)).toBe(true)
  })

  test('is recognised in any order of its fields, as servers give it back', () => {
    const { op, k, n, pad, sha } = value
    expect(isIntact(JSON.parse(JSON.stringify({ sha, pad, op, n, k })), sha)).toBe(true)
  })

  test('is another one at each attempt, also with the same number', () => {
    expect(numberedValue(path, 12).sha).not.toBe(value.sha)
  })

  test.each([
    ['another number', { ...value, n: 13 }],
    ['another path', { ...value, k: dataPath('rpo/7f3a/13') }],
    ['another attempt', { ...value, op: 'f'.repeat(16) }],
    ['damage in the middle', { ...value, pad: value.pad.replace(/.$/, '_') }],
    ['another checksum', { ...value, sha: '0'.repeat(64) }],
    ['a whole value of somebody else', numberedValue(path, 12)],
    ['a missing field', { op: value.op, k: value.k, n: value.n, sha: value.sha }],
    ['nothing', null],
    ['a text', 'value'],
  ])('is not recognised in %s', (_title, read) => {
    expect(isIntact(read, value.sha)).toBe(false)
  })
})

describe('a value that was read without knowing whose it is', () => {
  test('tells it, when it is whole and belongs there', () => {
    const { op, k, n, pad, sha } = value
    expect(readNumberedValue({ sha, pad, op, n, k }, path)).toEqual({ op })
  })

  test.each([
    ['damaged', { ...value, pad: '' }, 'its value is not what its checksum says'],
    ['signed anew', { ...value, op: 'f' }, 'its value is not what its checksum says'],
    [
      "another path's",
      numberedValue(dataPath('rpo/7f3a/13'), 13),
      'its value belongs to /v1/secret/data/rpo/7f3a/13',
    ],
    ['of nobody', { k: path }, 'its value names no write'],
    ['a text', 'value', 'its value is no object'],
    ['nothing', null, 'its value is no object'],
  ])('is damage when it is %s', (_title, read, why) => {
    expect(readNumberedValue(read, path).why).toBe(why)
  })
})
