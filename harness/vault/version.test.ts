import { expect, test } from 'vitest'
import { compareVersions, newerThan } from './version.ts'

test.each([
  ['1.21.0', '1.21.0', 0],
  ['1.9.4', '1.21.0', -1],
  ['2.0.0', '1.21.3', 1],
  ['2.6.10', '2.6.9', 1],
  ['1.21.0+ent', '1.21.0', 0],
  ['2.6.0-beta1', '2.6.1', -1],
  ['', '0.0.1', -1],
] as const)('of %s and %s it says which is older', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign)
})

test.each([
  ['1.21.0', ['1.20.1', '1.21.0'], undefined],
  ['1.21.0', ['1.20.1', '1.21.3', '1.21.1'], '1.21.3'],
  ['1.21.0', [], undefined],
] as const)('a server of %s is held against those of %j', (version, writers, newer) => {
  expect(newerThan(version, writers)).toBe(newer)
})
