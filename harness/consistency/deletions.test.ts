import { describe, expect, test } from 'vitest'
import { deletedByNobody, resurrections } from './deletions.ts'
import { finalFrom, linesOf, MADE_KEY, readOutFrom } from './made-lines.ts'
import { problemOf } from './problem.ts'
import { search } from './search.ts'

describe('a deleted secret', () => {
  test.each([
    ['is gone', '1-2 w a 1; 3-4 d', '-', undefined],
    ['lives', '1-2 w a 1; 3-4 d', 'a', 1],
    ['was perhaps never deleted', '1-2 w a 1; 3-∞ d ?', 'a', undefined],
    ['was perhaps written after the delete', '1-9 w a 1; 2-3 d', 'a', undefined],
    ['was read before the delete, so it was there', '1-9 w a 1; 1-2 r a 1; 3-4 d', 'a', 1],
    ['is not the one that was deleted', '1-2 w a 1; 3-4 d; 5-6 w b 2', '- b', undefined],
    ['lives although a newer one was written', '1-2 w a 1; 3-4 d; 5-6 w b 2', 'a b', 1],
    ['may be the older or the newer one', '1-2 w a 1; 3-9 w b 2; 4-5 d', 'a -', undefined],
  ])('%s', (_title, lines, final, version) => {
    const { register } = linesOf(lines)
    const found = resurrections(register, [readOutFrom(final)])
    expect(found.map((each) => each.version)).toEqual(version === undefined ? [] : [version])
    const { verdict } = search(problemOf(register, { final: finalFrom(final) }))
    expect(verdict).toBe(version === undefined ? 'valid' : 'violated')
  })

  test('is named with the node that has it and the delete', () => {
    const { register } = linesOf('1-2 w a 1; 3-4 d')
    const readOuts = [readOutFrom('-'), readOutFrom('a', 'vault-3')]
    expect(resurrections(register, readOuts)).toEqual([
      { key: MADE_KEY, version: 1, node: 'vault-3', i: 2, byRestore: false },
    ])
  })

  test('lives when a node serves what its own list calls deleted', () => {
    const { register } = linesOf('1-2 w a 1; 3-4 d')
    const found = { listed: 'deleted', state: 'present', op: 'a', intact: true } as const
    const lists = { state: 'present', current: 1, versions: new Map([[1, found]]) } as const
    const readOut = { node: 'vault-2', ended: true, registers: new Map([[MADE_KEY, lists]]) }
    expect(resurrections(register, [readOut])).toHaveLength(1)
  })

  test.each([
    ['a restore of before brings it back', '1-2 w a 1; 3-4 snapshot; 5-6 d; 7-8 restore', true],
    ['nothing brings it back from before', '1-2 w a 1; 3-4 d; 5-6 snapshot; 7-8 restore', false],
    ['nothing brings it back from after', '1-2 w a 1; 3-4 snapshot; 5-6 restore; 7-8 d', false],
  ])('%s', (_title, lines, byRestore) => {
    const { register, operator } = linesOf(lines)
    const found = resurrections(register, [readOutFrom('a')], operator)
    expect(found.map((each) => each.byRestore)).toEqual([byRestore])
    const { verdict } = search(problemOf(register, { final: finalFrom('a'), operator }))
    expect(verdict).toBe(byRestore ? 'valid' : 'violated')
  })
})

describe('a secret that is gone', () => {
  test.each([
    ['was deleted', '1-2 w a 1; 3-4 d', '-', 0],
    ['was perhaps deleted', '1-2 w a 1; 3-∞ d ?', '-', 0],
    ['was not deleted: the delete came before it', '1-2 d; 3-4 w a 1', '-', 1],
    ['was not deleted: the delete came after the next', '1-2 w a 1; 3-4 w b 2; 5-6 d', '- -', 1],
  ])('%s', (_title, lines, final, count) => {
    const { register } = linesOf(lines)
    expect(deletedByNobody(register, [readOutFrom(final)])).toHaveLength(count)
    const { verdict } = search(problemOf(register, { final: finalFrom(final) }))
    expect(verdict).toBe(count === 0 ? 'valid' : 'violated')
  })
})
