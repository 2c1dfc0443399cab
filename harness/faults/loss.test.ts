import { describe, expect, test } from 'vitest'
import { shownBy } from './loss.ts'

const NODES = ['a', 'b', 'c']
const all = { leaderBefore: 'a', voters: NODES }

describe('a loss is shown by the others', () => {
  test('by nothing, when a standby is lost', () => {
    expect(shownBy(all, { nodes: NODES, living: ['a', 'b'], lost: ['c'] })).toBe('nothing')
  })

  test('by a successor, when the leader is lost', () => {
    expect(shownBy(all, { nodes: NODES, living: ['b', 'c'], lost: ['a'] })).toBe('successor')
  })

  test('by nobody who leads, when too few are left', () => {
    expect(shownBy(all, { nodes: NODES, living: ['b'], lost: ['a', 'c'] })).toBe('nobody')
  })

  test('by nobody who leads, when the only voter is lost and the others have no vote yet', () => {
    const joining = { leaderBefore: 'a', voters: ['a'] }
    const given = { nodes: NODES, living: ['b', 'c'], lost: ['a'] }
    expect(shownBy(joining, given)).toBe('nobody')
  })

  test('by nothing, when a server without a vote is lost', () => {
    const joining = { leaderBefore: 'a', voters: ['a'] }
    expect(shownBy(joining, { nodes: NODES, living: ['a'], lost: ['b'] })).toBe('nothing')
  })

  test('with a vote for each node, where the leader does not tell its voters', () => {
    const unknown = { leaderBefore: 'a' }
    expect(shownBy(unknown, { nodes: NODES, living: ['b', 'c'], lost: ['a'] })).toBe('successor')
    expect(shownBy(unknown, { nodes: NODES, living: ['b'], lost: ['a', 'c'] })).toBe('nobody')
  })
})
