import { expect, test } from 'vitest'
import { changedOf } from './raft-files.ts'

const entry = (key: string, sha256: string) => ({ key, sha256 })

test.each([
  ['another content is a change', ['b1', 'c'], ['b']],
  ['the same content is none', ['b', 'c'], []],
  ['an entry that is not found is none', ['', ''], []],
])('of an entry that is read again %s', (_what, [b = '', c = ''], changed) => {
  const before = [entry('b', 'b'), entry('c', 'c')]
  const found = changedOf(before, [entry('b', b), entry('c', c)])
  expect(found.map(({ key }) => key)).toEqual(changed)
})
