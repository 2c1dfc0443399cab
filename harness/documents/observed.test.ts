import { describe, expect, test } from 'vitest'
import { isAsDocumented, observed, settled } from './observed.ts'

describe('what a step came to', () => {
  test('is its exit code and the last two lines', () => {
    expect(observed({ exitCode: 2, output: 'one\n\ntwo\n  three \n' }, {})).toBe(
      'exit 2: two · three',
    )
  })

  test('is the lines that tell, where some do', () => {
    const output = 'Code: 400. Errors:\nnoise\n* not this way\nmore noise'
    expect(observed({ exitCode: 2, output }, { telling: /^(Code|\*)/ })).toBe(
      'exit 2: Code: 400. Errors: · * not this way',
    )
  })

  test('is the last line where none of those is said', () => {
    expect(observed({ exitCode: 0, output: 'a\nb' }, { telling: /c/ })).toBe('exit 0: b')
  })

  test('ends with what was looked at after it', () => {
    expect(observed({ exitCode: 0, output: '', seen: 'x\n{"a":"null"}\n' }, {})).toBe(
      'exit 0; then: {"a":"null"}',
    )
  })
})

test.each([
  ['an address', 'dial tcp 172.18.0.5:8200: refused', 'dial tcp <address>: refused'],
  ['a time', 'at 2026-11-23T03:41:41.826942512Z', 'at <time>'],
  ['the time in a name', 'vault-snapshot-20261123-034152.snap', 'vault-snapshot-<time>.snap'],
  ['an id', 'id 9b00d912-762b-b506-8ca5-a5d80f95f5f8', 'id <id>'],
  ["a cluster's alias", 'alias/alphapulse-vault-unseal-3', 'alias/alphapulse-vault-unseal'],
  ['space', 'Sealed      true', 'Sealed true'],
])('%s is the same in every run', (_what, said, same) => {
  expect(settled(said)).toBe(same)
})

test('a key that the documents name stays as it is', () => {
  const said = 'arn:aws:kms:us-east-1:123456789012:key/vault-backup-key not found'
  expect(settled(said)).toContain('key/vault-backup-key not found')
})

describe('a document is right when', () => {
  const ran = { exitCode: 0, output: 'Sealed  false', seen: '5' }
  test.each([
    ['nothing is said but an end without an error', {}, true],
    ['its words are there', { says: /Sealed\s+false/ }, true],
    ['what is looked at is as it says', { looks: /^5$/ }, true],
    ['the exit code is another one', { exit: 2 }, false],
    ['its words are missing', { says: /Sealed\s+true/ }, false],
    ['what it excludes is said', { saysNot: /Sealed/ }, false],
    ['what is looked at is something else', { looks: /^6$/ }, false],
  ])('%s: %o → %s', (_title, documented, right) => {
    expect(isAsDocumented(ran, documented)).toBe(right)
  })
})
