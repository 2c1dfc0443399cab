import { randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ConsistencyFindings, type ConsistencyOptions, checkConsistency } from './check.ts'
import { type Made, type MadeOptions, madeHistory } from './made-history.ts'
import { CAUGHT_BY, MUTATIONS, type MutationName } from './made-mutations.ts'
import { shaken } from './made-shaken.ts'

/** The checkers together, over made histories: no false alarm, no miss, no disagreement. */

const find = (
  { history, readOuts }: Made,
  options: Partial<ConsistencyOptions> = {},
): ConsistencyFindings => checkConsistency(history, readOuts, { contract: 'strict', ...options })

const optionsOf = (seed: number): Partial<MadeOptions> => ({
  clients: 4 + (seed % 5),
  keys: 4 + (seed % 3),
  operations: 160,
  unknownShare: 0.05,
  crash: seed % 2 === 0,
  tickNs: seed % 3 === 0 ? 2_000_000 : 1000,
})

describe('made histories', () => {
  test.each(['strict', 'vault-lease'] as const)(
    'are consistent under the contract %s',
    (contract) => {
      for (let seed = 0; seed < 50; seed++) {
        const made = madeHistory(seed, { ...optionsOf(seed), restore: seed % 4 === 0 })
        expect([seed, find(made, { contract })]).toMatchObject([
          seed,
          {
            violationCount: 0,
            agree: true,
            undecided: [],
            classified: [],
            gaps: [],
            everyNodeAgrees: true,
            checkers: { search: 'valid' },
          },
        ])
      }
    },
  )

  test('have what the rules are about', () => {
    const found = find(madeHistory(2, { ...optionsOf(2), operations: 400 }))
    expect(found.unknownApplied).toBeGreaterThan(0)
    expect(found.unknownNotApplied).toBeGreaterThan(0)
    expect(found.casConflicts).toBeGreaterThan(0)
    expect(found.byKind.delete?.acknowledged).toBeGreaterThan(0)
    expect(found.judged).toEqual({ versions: found.keys, search: found.keys })
  })

  test('are the same for the same seed, and so are the findings', () => {
    const made = () => madeHistory(7, { ...optionsOf(7), sabotage: 'duplicate-apply' })
    expect(made()).toEqual(made())
    expect(find(made())).toEqual(find(made()))
  })
})

describe('a planted defect is caught by its rule', () => {
  test.each(Object.entries(MUTATIONS))('%s', (name, mutate) => {
    const expected = CAUGHT_BY[name as MutationName]
    let planted = 0
    for (let seed = 0; seed < 6; seed++) {
      const made = mutate(madeHistory(seed, { ...optionsOf(seed), operations: 240 }), seed)
      if (made === undefined) continue
      planted++
      const { violations, agree } = find(made)
      expect([seed, agree]).toEqual([seed, true])
      const names = violations.map((violation) => violation.name)
      expect([seed, names.filter((each) => expected.includes(each)).length > 0]).toEqual([
        seed,
        true,
      ])
    }
    expect(planted).toBeGreaterThan(0)
  })
})

describe('the two checkers agree', () => {
  const fresh = randomInt(2 ** 31)

  test.each([
    ['fixed', 1, 4200],
    ['fresh', fresh, 800],
  ])('on shaken histories, %s seed %i', (_kind, first, count) => {
    let legal = 0
    const differ: number[] = []
    for (let seed = first; seed < first + count; seed++) {
      const made = madeHistory(seed, {
        clients: 2 + (seed % 7),
        operations: 10 + (seed % 20),
        keys: seed % 8 === 0 ? 4 : 1,
        unknownShare: 0.08,
        crash: seed % 2 === 0,
        tickNs: seed % 3 === 0 ? 2_000_000 : 1000,
        nodes: ['vault-1'],
      })
      const found = find(shaken(made, seed))
      if (!found.agree) differ.push(seed)
      if (found.checkers.search === 'valid') legal++
    }
    expect(differ).toEqual([])
    expect(legal).toBeGreaterThan(count * 0.2)
    expect(legal).toBeLessThan(count * 0.8)
  })

  test.each([
    ['open-intervals', {}],
    ['memo-by-hash-only', { hashBits: 2 }],
    ['deletes-ignored', {}],
  ] as const)('and not if the search had the defect %s', (fault, options) => {
    const caught = [1, 2, 3, 4, 5, 6, 7, 8].filter((seed) => {
      // Coarse stamps, few registers at once: ties are frequent.
      const made = madeHistory(seed, {
        operations: 400,
        keys: 2,
        operationsPerKey: 80,
        tickNs: 2_000_000,
      })
      const found = find(made, { ...options, faults: new Set([fault]) })
      return !found.agree || found.violationCount > 0
    })
    expect(caught).toHaveLength(8)
  })
})

describe('under the contract of the leader lease', () => {
  test('a stale read is classified, under the strict one a violation', () => {
    const made = MUTATIONS['stale-read'](madeHistory(3, optionsOf(3)), 3)
    if (made === undefined) throw new Error('seed 3 has no room for a stale read')
    expect(find(made)).toMatchObject({ violationCount: expect.toSatisfy((n) => n > 0) })
    expect(find(made, { contract: 'vault-lease' })).toMatchObject({
      violationCount: 0,
      classified: [{ rule: 'A2', name: 'stale-read' }],
      agree: true,
    })
  })

  test.each(['lost-write', 'future-read', 'resurrection', 'cas-anomaly'] as const)(
    '%s is a violation all the same',
    (name) => {
      for (let seed = 0; seed < 6; seed++) {
        const made = MUTATIONS[name](madeHistory(seed, optionsOf(seed)), seed)
        if (made === undefined) continue
        expect(find(made, { contract: 'vault-lease' }).violationCount).toBeGreaterThan(0)
      }
    },
  )
})
