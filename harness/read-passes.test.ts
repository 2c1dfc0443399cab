import { expect, test } from 'vitest'
import { stoppable } from './read-passes.ts'

test.each([
  [['c'], 3, 0, ['c']],
  [['c'], 3, 1, ['c']],
  [['c', 'd', 'e'], 5, 0, ['c', 'd']],
  [['c', 'd', 'e'], 5, 1, ['d', 'e']],
  [['c', 'd', 'e'], 5, 2, ['e', 'c']],
  [['c', 'd', 'e'], 5, 3, ['c', 'd']],
] as const)(
  'of the others %j of %i nodes, attempt %i stops as many as the quorum allows: %j',
  (others, nodes, attempt, stopped) => {
    expect(stoppable<string>(others, nodes, attempt)).toEqual(stopped)
  },
)
