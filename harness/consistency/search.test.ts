import { describe, expect, test } from 'vitest'
import type { Op } from '../journal/history.ts'
import { madeHistory } from './made-history.ts'
import { finalFrom, linesOf, MADE_KEY } from './made-lines.ts'
import { type ProblemOptions, problemOf } from './problem.ts'
import { pickFrom, randomFrom } from './random.ts'
import { registersOf } from './register.ts'
import { type SearchOptions, search } from './search.ts'

const NEVER = Number.POSITIVE_INFINITY

function verdictOf(lines: string, final?: string, options: SearchOptions = {}): string {
  const { register, operator } = linesOf(lines)
  const found: ProblemOptions = final === undefined ? {} : { final: finalFrom(final) }
  return search(problemOf(register, { ...found, operator }), options).verdict
}

describe('a history is judged', () => {
  test.each<[string, string, string, string?]>([
    ['one after the other', 'valid', '1-2 w a 1; 3-4 r a 1; 5-6 w b 2; 7-8 r b 2'],
    ['a stale read', 'violated', '1-2 w a 1; 3-4 w b 2; 5-6 r a 1'],
    [
      'a read of the older value while the newer is written',
      'valid',
      '1-2 w a 1; 3-9 w b 2; 4-5 r a 1; 6-7 r b 2',
    ],
    [
      'the newer value, then the older one',
      'violated',
      '1-2 w a 1; 3-9 w b 2; 4-5 r b 2; 6-7 r a 1',
    ],
    ['a read of a value before its write', 'violated', '1-2 r a 1; 3-4 w a 1'],
    ['two writes at once, in either order', 'valid', '1-9 w a 2; 1-9 w b 1; 10-11 r a 2'],
    ['two writes of one version', 'violated', '1-9 w a 1; 1-9 w b 1'],
    ['a value nobody wrote', 'violated', '1-2 w a 1; 3-4 r x 1'],
    ['nothing there after a write', 'violated', '1-2 w a 1; 3-4 r none'],
    ['an unknown write that nobody saw', 'valid', '1-∞ w a ?; 3-4 r none; 5-6 w b 1'],
    ['an unknown write that is seen much later', 'valid', '1-∞ w a ?; 3-4 r none; 5-6 r a 1'],
    ['an unknown write that comes and goes', 'violated', '1-∞ w a ?; 3-4 r a 1; 5-6 r none'],
    [
      'an unknown conditional write whose version never came',
      'violated',
      '1-∞ w a ? cas 4; 3-4 r a 1',
    ],
    ['a conditional write of the expected version', 'valid', '1-2 w a 1; 3-4 w b 2 cas 1'],
    ['a conditional write of another version', 'violated', '1-2 w a 1; 3-4 w b 2 cas 0'],
    [
      'a refusal while the version was the expected one',
      'violated',
      '1-2 w a 1; 3-4 w b casfail cas 1',
    ],
    ['a refusal during a write', 'valid', '1-2 w a 1; 3-9 w c 2; 4-5 w b casfail cas 1'],
    ['a deleted value that is not found', 'valid', '1-2 w a 1; 3-4 d; 5-6 r deleted 1'],
    ['a deleted value that is read', 'violated', '1-2 w a 1; 3-4 d; 5-6 r a 1'],
    ['a deleted value that is written again', 'valid', '1-2 w a 1; 3-4 d; 5-6 w b 2; 7-8 r b 2'],
    ['a delete of nothing', 'valid', '1-2 d; 3-4 r none; 5-6 w a 1; 7-8 r a 1'],
    ['an unknown delete, seen late', 'valid', '1-2 w a 1; 3-∞ d ?; 5-6 r a 1; 7-8 r deleted 1'],
    ['a value deleted by nobody', 'violated', '1-2 w a 1; 5-6 r deleted 1'],
    [
      'a restore of what was saved',
      'valid',
      '1-2 w a 1; 3-4 snapshot; 5-6 w b 2; 7-8 restore; 9-10 r a 1; 11-12 w c 2',
    ],
    [
      'a restore that did nothing',
      'violated',
      '1-2 w a 1; 3-4 snapshot; 5-6 w b 2; 7-8 restore; 9-10 r b 2',
    ],
    [
      'a restore of something older',
      'violated',
      '1-2 w a 1; 3-4 w b 2; 5-6 snapshot; 7-8 restore; 9-10 r a 1',
    ],
    [
      'a restore that brings a deleted value back',
      'valid',
      '1-2 w a 1; 3-4 snapshot; 5-6 d; 7-8 restore; 9-10 r a 1',
    ],
    ['a read-out with everything', 'valid', '1-2 w a 1; 3-4 w b 2', 'a b'],
    ['a read-out without the last write', 'violated', '1-2 w a 1; 3-4 w b 2', 'a'],
    [
      'a read-out with another value in the middle',
      'violated',
      '1-2 w a 1; 3-∞ w x ?; 4-5 w b 2; 6-7 w c 3',
      'a x c',
    ],
    [
      'a read-out that shows where the unknown write went',
      'valid',
      '1-9 w a 2; 2-∞ w x ?; 10-11 r a 2',
      'x a',
    ],
    [
      'an unknown write that was read and is not in the read-out',
      'violated',
      '1-2 w a 1; 3-∞ w x ?; 4-5 r x 2',
      'a',
    ],
    ['a read-out in which a deleted value lives', 'violated', '1-2 w a 1; 3-4 d', 'a'],
    [
      'a read-out in which an older version should not be deleted',
      'violated',
      '1-2 w a 1; 3-4 w b 2; 5-6 d',
      '- -',
    ],
    ['a read-out in which it is deleted', 'valid', '1-2 w a 1; 3-4 d', '-'],
    ['nothing at all', 'valid', ''],
  ])('%s: %s', (_title, verdict, lines, final) => {
    expect(verdictOf(lines, final)).toBe(verdict)
  })
})

describe('equal timestamps', () => {
  const tie = '1-2 w a 1; 2-3 w b 2; 1-2 r b 2'

  test('may be in either order: intervals are closed', () => {
    expect(verdictOf(tie)).toBe('valid')
  })

  test('are a false alarm if intervals were open', () => {
    expect(verdictOf(tie, undefined, { faults: new Set(['open-intervals']) })).toBe('violated')
  })

  test('one tick later are a violation', () => {
    expect(verdictOf('1-2 w a 1; 3-4 w b 2; 1-2 r b 2')).toBe('violated')
  })
})

describe('the memo', () => {
  const histories = Array.from({ length: 60 }, (_, seed) => {
    const { history } = madeHistory(seed, { keys: 1, operations: 60, tickNs: 2_000_000 })
    const [register] = registersOf(history).registers
    return problemOf(register ?? { key: MADE_KEY, ops: [] })
  })

  test('compares what has the same hash', () => {
    const verdicts = histories.map((problem) => search(problem, { hashBits: 2 }).verdict)
    expect(new Set(verdicts)).toEqual(new Set(['valid']))
  })

  test('would give false alarms if it did not', () => {
    const faults = new Set(['memo-by-hash-only'] as const)
    const verdicts = histories.map((problem) => search(problem, { hashBits: 2, faults }).verdict)
    expect(verdicts.filter((verdict) => verdict === 'violated').length).toBeGreaterThan(30)
  })

  test('ends the search when it has grown too large', () => {
    const lines = endless(12)
    expect(verdictOf(lines)).toBe('violated')
    expect(verdictOf(lines, undefined, { memoBytes: 1 << 16 })).toBe('undecided')
  })
})

test('a search that took its steps is undecided', () => {
  expect(verdictOf(endless(16), undefined, { steps: 5000 })).toBe('undecided')
})

/** Writes that may all be first, and that reads tell apart: every order of them must be tried. */
function endless(unknown: number): string {
  const each = Array.from({ length: unknown }, (_, at) => `1-∞ w v${at} ?; 1-100 r v${at} 99`)
  return each.join('; ')
}

test('unanswered writes that nobody tells apart are no work', () => {
  const writes = Array.from({ length: 60 }, (_, at) => `${at}-∞ w v${at} ?`).join('; ')
  expect(verdictOf(`${writes}; 100-101 w a 60; 102-103 r a 60`)).toBe('valid')
  expect(verdictOf(`${writes}; 100-101 w a 62; 102-103 r a 62`)).toBe('violated')
})

test('deletes that are ignored are false alarms', () => {
  const faults = new Set(['deletes-ignored'] as const)
  const lines = '1-2 w a 1; 3-4 d; 5-6 r deleted 1'
  expect(verdictOf(lines, undefined, { faults })).toBe('violated')
})

test('it agrees with the trial of every order', () => {
  const verdicts = { valid: 0, violated: 0 }
  for (let seed = 0; seed < 1000; seed++) {
    const lines = randomLines(seed)
    const { register, operator } = linesOf(lines)
    const verdict = hasOrder([...register.ops, ...operator]) ? 'valid' : 'violated'
    verdicts[verdict]++
    expect([seed, verdictOf(lines)]).toEqual([seed, verdict])
  }
  expect(verdicts.valid).toBeGreaterThan(100)
  expect(verdicts.violated).toBeGreaterThan(100)
})

function randomLines(seed: number): string {
  const random = randomFrom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const lines = Array.from({ length: 3 + below(4) }, (_, at) => {
    const call = 1 + below(8)
    const ver = 1 + below(3)
    const read = `r ${pickFrom(random, ['v0', 'v1', 'v2'])} ${ver}`
    const others = [read, read, 'r none', `r deleted ${ver}`, 'd', 'd ?', 'snapshot', 'restore']
    const write = pickFrom(random, [
      `${ver}`,
      `${ver}`,
      `${ver} cas ${ver - 1}`,
      `casfail cas ${ver}`,
      '?',
    ])
    const what = at < 3 ? `w v${at} ${write}` : (pickFrom(random, others) ?? 'd')
    return `${call}-${what.includes('?') ? '∞' : call + 1 + below(4)} ${what}`
  })
  return lines.join('; ')
}

type State = { readonly ver: number; readonly val?: string | undefined; readonly deleted: boolean }
const NOTHING: State = { ver: 0, deleted: false }

/** Whether any order respects time and explains the answers: tries them all, remembers nothing. */
function hasOrder(left: readonly Op[], state = NOTHING, saved = NOTHING): boolean {
  if (left.every(({ ret }) => ret === NEVER)) return true
  const firstReturn = Math.min(...left.map(({ ret }) => ret))
  return left.some((op) => {
    if (op.call > firstReturn) return false
    const after = stateAfter(op, state, saved)
    if (after === undefined) return false
    const rest = left.filter((other) => other !== op)
    return hasOrder(rest, after, op.f === 'snapshot' ? state : saved)
  })
}

function stateAfter({ f, out, cas, op }: Op, state: State, saved: State): State | undefined {
  const { ver, val, deleted } = state
  if (f === 'snapshot') return state
  if (f === 'restore') return saved
  if (f === 'delete') return { ver, val, deleted: ver > 0 }
  if (f === 'write') {
    if (out.t === 'casfail') return cas === ver ? undefined : state
    const isOther = (cas !== undefined && cas !== ver) || (out.t === 'ack' && out.ver !== ver + 1)
    return isOther ? undefined : { ver: ver + 1, val: op, deleted: false }
  }
  if (out.t !== 'ack' || (out.ver ?? 0) !== ver) return undefined
  const isSame = out.deleted === true ? deleted : ver === 0 || (!deleted && out.val === val)
  return isSame ? state : undefined
}
