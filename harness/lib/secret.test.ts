import { format, inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { maskSecrets, Secret } from './secret.ts'

const token = new Secret('hvs.throw-away')

describe('a secret', () => {
  test('is revealed when it is asked for', () => {
    expect(token.reveal()).toBe('hvs.throw-away')
  })

  test.each([
    ['a template', () => `${token}`],
    ['concatenation', () => `token: ${String(token)}`],
    ['JSON', () => JSON.stringify({ token })],
    ['inspect', () => inspect({ nested: { token } }, { depth: null, showHidden: true })],
    ['format', () => format('%s %o %O %j', token, token, token, token)],
    ['its own keys', () => Object.entries(token).join()],
    ['an error about it', () => inspect(new Error('refused', { cause: token }))],
  ])('does not show in %s', (_title, print) => {
    expect(print()).not.toContain('throw-away')
  })
})

test.each([
  ['a token that is known', 'it is hvs.throw-away.', 'it is [secret].'],
  ['a token that was made just now', `Key Value s.${'a1B2'.repeat(6)}`, 'Key Value [secret]'],
  ['a key share of init', `Recovery Key 1: ${'aB3/'.repeat(11)}`, 'Recovery Key 1: [secret]'],
  ['a root token of init', 'Initial Root Token: root', 'Initial Root Token: [secret]'],
  ['a share alone', `unseal ${'aB3/'.repeat(11)} now`, 'unseal [secret] now'],
  ['a share in hex', `unseal ${'0f'.repeat(33)} now`, 'unseal [secret] now'],
  ['a token in JSON', '{"root_token": "abc"}', '{"root_token": "[secret]"}'],
])('what a program printed is without %s', (_title, printed, masked) => {
  expect(maskSecrets(printed, [token])).toBe(masked)
})

test('what a program printed keeps what is no secret', () => {
  const printed = 'key/vault-unseal-key is not found: https://balancer:8200/v1/sys/init'
  expect(maskSecrets(printed)).toBe(printed)
})
