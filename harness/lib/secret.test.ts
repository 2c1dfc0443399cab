import { format, inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Secret } from './secret.ts'

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
