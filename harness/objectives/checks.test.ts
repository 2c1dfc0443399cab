import { describe, expect, test } from 'vitest'
import type { ObjectiveSpec } from '../journal/entry.ts'
import { adding, both, frozen, judged, objectives, type Spoil } from './spoiled.ts'

describe('checks', () => {
  const spec: ObjectiveSpec = { kind: 'checks', id: 'roles', titles: ['leader', 'voters'] }
  const check = (title: string, expected: unknown, observed: unknown): Spoil =>
    adding(8000, 'check', { title, expected, observed })
  const leader = check('leader', { health: 200 }, { health: 200 })
  test.each([
    ['that are all as expected are met', both(leader, check('voters', 3, 3)), 'met', 2],
    ['of which one is otherwise are missed', both(leader, check('voters', 3, 2)), 'missed', 1],
    [
      'of which one was right only once are missed',
      both(leader, check('voters', 3, 3), check('voters', 3, 2)),
      'missed',
      1,
    ],
    ['of which one was never looked at are inconclusive', leader, 'inconclusive', 1],
  ] as const)('%s', async (_, spoil, word, right) => {
    const found = await judged(both(objectives(spec), frozen({ mustObserve: [] }), spoil))

    expect(found.objectives[0]).toMatchObject({ verdict: word, measured: right, limit: 2 })
  })
})
