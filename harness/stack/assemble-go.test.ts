import { expect, test } from 'vitest'
import { isNewEnough } from './assemble-go.ts'

test.each([
  ['1.25', '1.25', true],
  ['1.25.12', '1.25', true],
  ['1.26rc1', '1.25', true],
  ['2.0', '1.25', true],
  ['1.24.9', '1.25', false],
  ['1.9', '1.25', false],
  ['', '1.25', false],
])('Go %s is new enough for %s: %s', (version, atLeast, answer) => {
  expect(isNewEnough(version, atLeast)).toBe(answer)
})
