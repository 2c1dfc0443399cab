import { describe, expect, test } from 'vitest'
import type { History, Op } from '../journal/history.ts'
import type { ReadOut } from '../journal/read-out.ts'
import { type ConsistencyOptions, checkConsistency, LISTED_PER_NAME } from './check.ts'
import { linesOf, MADE_KEY, readOutFrom } from './made-lines.ts'

function check(lines: string, readOuts: readonly ReadOut[], options?: Partial<ConsistencyOptions>) {
  return checkConsistency(historyOf(lines), readOuts, { contract: 'strict', ...options })
}

function historyOf(lines: string, change: (op: Op) => Op = (op) => op): History {
  const { register, operator } = linesOf(lines)
  const ops = [...register.ops, ...operator].sort((a, b) => a.call - b.call).map(change)
  return { ops, clients: 2, operationsPerSecond: 100, pid: 4711, disorder: [] }
}

const FINE = '1-2 w a 1; 3-4 r a 1; 5-6 w b 2'

describe('the read-outs', () => {
  test('are the same on every node', () => {
    const found = check(FINE, [readOutFrom('a b'), readOutFrom('a b', 'vault-2')])
    expect(found).toMatchObject({ violationCount: 0, gaps: [], everyNodeAgrees: true })
  })

  test.each([
    ['a node lacks a version', 'a', 'vault-1 has version 2, vault-2 has version 1'],
    [
      'a node has another value',
      'a x',
      'vault-1 has version 2 with the value b, vault-2 has it with x',
    ],
    ['a node has it deleted', 'a -', 'vault-1 has version 2 live, vault-2 has it deleted'],
  ])('differ when %s', (_title, other, because) => {
    const found = check(FINE, [readOutFrom('a b'), readOutFrom(other, 'vault-2')])
    expect(found.everyNodeAgrees).toBe(false)
    expect(found.violations).toContainEqual({
      rule: 'N',
      name: 'nodes-differ',
      key: MADE_KEY,
      ops: [],
      because,
    })
  })

  test('do not differ by a value that was not asked for', () => {
    const found = check(FINE, [readOutFrom('a b'), readOutFrom('? b', 'vault-2')])
    expect(found).toMatchObject({ violationCount: 0, everyNodeAgrees: true })
  })

  test.each<[string, readonly ReadOut[], string]>([
    ['nobody read', [], 'nobody read the registers back'],
    ['a node was not read', [readOutFrom('a b')], 'vault-2: was not read'],
    [
      'a reader broke off',
      [{ ...readOutFrom('a b'), ended: false }],
      'vault-1: its reader did not come to the end',
    ],
    [
      'a register is missing',
      [readOutFrom('a b'), { node: 'vault-2', ended: true, registers: new Map() }],
      `vault-2: 1 registers were not read, the first is ${MADE_KEY}`,
    ],
    [
      'a register could not be read',
      [unreadable('answered 503')],
      `vault-1: 1 registers could not be read, the first is ${MADE_KEY} (answered 503)`,
    ],
  ])('have a gap when %s', (_title, readOuts, gap) => {
    const found = check(FINE, readOuts, { nodes: ['vault-1', 'vault-2'] })
    expect(found.gaps).toContain(gap)
    expect(found.everyNodeAgrees).toBe(false)
  })

  test.each([
    [
      'not intact',
      { listed: 'live', state: 'present', intact: false, why: 'its checksum differs' },
    ],
    [
      'without its data',
      { listed: 'live', state: 'unreadable', intact: false, why: 'answered 500' },
    ],
    ['listed and absent', { listed: 'live', state: 'absent' }],
  ] as const)('show damage: %s', (_title, version) => {
    const readOut = readOutFrom('a b')
    const register = readOut.registers.get(MADE_KEY)
    if (register === undefined) throw new Error('the read-out was made with one register')
    const versions = new Map(register.versions).set(2, version)
    const registers = new Map([[MADE_KEY, { ...register, versions }]])
    const { violations } = check(FINE, [{ ...readOut, registers }])
    expect(violations.map(({ rule, name }) => `${rule} ${name}`)).toEqual(['C corrupt-value'])
  })
})

test('a read that found damage is a violation', () => {
  const history = historyOf(FINE, (op) =>
    op.i === 2 ? { ...op, out: { t: 'corrupt', why: 'could not find version data' } } : op,
  )
  const { violations } = checkConsistency(history, [readOutFrom('a b')], { contract: 'strict' })
  expect(violations).toMatchObject([{ rule: 'C', name: 'corrupt-value', ops: [2] }])
})

describe('without a read-out', () => {
  test('the search decides alone, and the gap stays', () => {
    const found = check(FINE, [])
    expect(found.checkers).toEqual({ versions: 'undecided', search: 'valid' })
    expect(found.gaps).toHaveLength(1)
  })

  test('a register is undecided when the search may take no steps', () => {
    const found = check(FINE, [], { stepsPerRegister: 2 })
    expect(found).toMatchObject({ undecided: [MADE_KEY], checkers: { search: 'undecided' } })
  })
})

test('what the search has no steps for, the versions decide', () => {
  const found = check(FINE, [readOutFrom('a b')], { steps: 0 })
  expect(found).toMatchObject({
    undecided: [],
    agree: true,
    checkers: { versions: 'valid', search: 'undecided' },
    judged: { versions: 1, search: 0 },
  })
})

test('many violations are counted, and some of every kind are listed', () => {
  const reads = Array.from({ length: 60 }, (_, at) => `${10 + 2 * at}-${11 + 2 * at} r a 1`)
  const found = check([FINE, ...reads, '200-201 w c 3'].join('; '), [readOutFrom('a b')])
  const named = (name: string) => found.violations.filter((each) => each.name === name).length
  expect(found.violationCount).toBe(62)
  expect(named('stale-read')).toBe(LISTED_PER_NAME)
  expect(named('lost-acknowledged-write')).toBe(1)
})

describe('a restore', () => {
  const LINES = '1-2 w a 1; 3-4 snapshot; 5-6 w b 2; 7-8 restore; 9-10 w c 2'

  test('is a cut through all registers', () => {
    const found = check(LINES, [readOutFrom('a c')])
    expect(found).toMatchObject({ violationCount: 0, checkers: { search: 'valid' } })
    expect(found.cut).toMatchObject({ lo: 3, hi: 4, lost: 1, isConsistent: true })
  })

  test('that lost what was saved is a violation of both rules', () => {
    const { violations } = check(LINES, [readOutFrom('c')])
    expect(violations.map(({ rule, name }) => `${rule} ${name}`)).toEqual([
      'B not-linearizable',
      'cut lost-before-snapshot',
    ])
  })

  test('without an answer leaves the cut open', () => {
    const history = historyOf(LINES, (op) =>
      op.f === 'restore' ? { ...op, out: { t: 'unknown', why: 'no answer' } } : op,
    )
    const found = checkConsistency(history, [readOutFrom('a c')], { contract: 'strict' })
    expect(found.gaps).toEqual([
      'the cut rule needs one acknowledged restore of a known snapshot; seen: 1 restores, the first unknown',
    ])
  })
})

function unreadable(why: string): ReadOut {
  const register = { state: 'unreadable', current: 0, versions: new Map(), why } as const
  return { node: 'vault-1', ended: true, registers: new Map([[MADE_KEY, register]]) }
}
