import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Secret } from '../lib/secret.ts'
import { filesWith, textsIn } from './in-clear.ts'

const SECRET = 'canary-of-a-tenant'
const noise = () => randomBytes(1000)
const amid = (hidden: string | Buffer) => [
  noise(),
  Buffer.concat([noise(), Buffer.from(hidden), noise()]),
]
/** Base64 of something longer, in which the text begins at this byte. */
const inBase64 = (before: string, after: string) =>
  Buffer.from(`${before}${SECRET}${after}`).toString('base64')

describe('a text is found', () => {
  test.each([
    ['as it is', SECRET],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in base64', inBase64('', '')],
    ['in base64, one byte in', inBase64('{', '}')],
    ['in base64, two bytes in', inBase64('{"', '"}')],
    ['in base64, three bytes in', inBase64('abc', ' and more')],
    ['in base64, far in', inBase64('{"password":"', '","user":"somebody"}')],
  ])('%s', (_how, hidden) => {
    expect(textsIn(amid(hidden), [SECRET])).toEqual([SECRET])
  })
})

test.each([
  ['is not there', []],
  ['is there in part', amid(SECRET.slice(0, -4))],
  ['is encrypted', amid(Buffer.from(Buffer.from(SECRET).map((byte) => byte ^ 0x5a)))],
])('a text that %s is not found', (_how, contents) => {
  expect(textsIn([noise(), ...contents], [SECRET])).toEqual([])
})

test('of several texts those are named that are there', () => {
  const other = 'another-secret-text'
  expect(textsIn(amid(SECRET), [other, SECRET])).toEqual([SECRET])
})

test('a text that accident would find is refused', () => {
  expect(() => textsIn([], ['short'])).toThrow('"short" is too short to look for')
})

test('a file of a folder that has a secret is named, however deep it lies', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drill-clear-'))
  try {
    mkdirSync(join(folder, 'below'))
    writeFileSync(join(folder, 'harmless'), noise())
    expect(await filesWith(folder, [new Secret(SECRET)])).toEqual([])
    writeFileSync(
      join(folder, 'below', 'keys.txt'),
      Buffer.concat(amid(inBase64('{', '}')) as Buffer[]),
    )
    expect(await filesWith(folder, [new Secret(SECRET)])).toEqual(['keys.txt'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
