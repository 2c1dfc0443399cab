import { expect, test } from 'vitest'
import { namesToRemove } from './image-store.ts'

const ID = 'sha256:22331bb587b2'

test.each([
  ['the name that assembly gave', ['vault-drill/vault:1-a'], ['vault-drill/vault:1-a']],
  [
    'no name that a person gave',
    ['mine/vault:x', 'vault-drill/vault:1-a'],
    ['vault-drill/vault:1-a'],
  ],
  ['nothing of an image that only a person named', ['mine/vault:x'], []],
  ['the id of an image without a name', [], [ID]],
  ['the id of an image that the engine shows as nameless', ['<none>:<none>'], [ID]],
])('images rm takes %s', (_what, tags, removed) => {
  expect(namesToRemove(ID, tags)).toEqual(removed)
})
