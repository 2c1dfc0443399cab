import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type MadeRun, madeRun, ns, writeRun } from '../objectives/made-record.ts'
import { readRecord } from './read.ts'
import { RECORD_LIMITS } from './record-limits.ts'

let root: string
let directory: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'read-'))
  directory = join(root, 'leader-crash')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const edit = (file: string, change: (lines: string[]) => void): void => {
  const path = join(directory, file)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  change(lines)
  writeFileSync(path, `${lines.join('\n')}\n`)
}

test('a run that was written is read back whole', async () => {
  const made = madeRun()
  writeRun(directory, made)

  const record = await readRecord(directory)

  expect(record.damage).toEqual([])
  expect(record.unsealed).toEqual([])
  expect(record.probePid).toBe(4711)
  expect(record.frozen.scenario).toBe('leader-crash')
  const samples = made.probes.filter(({ kind }) => kind === 'sample').length
  expect(record.lanes.reduce((sum, { count }) => sum + count, 0)).toBe(samples)
  expect(record.ledger?.numbers).toHaveLength(made.writes.length / 2)
  expect(record.passes.map(({ node, ended }) => [node, ended])).toEqual([
    ['balancer', true],
    ['vault-1', true],
    ['vault-2', true],
    ['vault-3', true],
  ])
})

test('samples are ordered by the instant they were sent, not by their answers', async () => {
  writeRun(directory, madeRun({ outages: [{ fromMs: 5805, toMs: 7700, how: 'hung' }] }))

  const { lanes } = await readRecord(directory)

  for (const { call } of lanes) expect([...call]).toEqual([...call].sort((a, b) => a - b))
})

test.each([
  [
    'a line is edited',
    'writes.jsonl',
    (lines: string[]) => {
      lines[9] = (lines[9] as string).replace('acknowledged', 'refused')
    },
    'writes.jsonl: line 11 does not follow line 10: that one was changed or removed',
  ],
  [
    'an operation on a register is edited',
    'ops.jsonl',
    (lines: string[]) => {
      lines[9] = (lines[9] as string).replace('"tenant":"', '"tenant":"x')
    },
    'ops.jsonl: line 11 does not follow line 10: that one was changed or removed',
  ],
  [
    'the tail of the operations is missing',
    'ops.jsonl',
    (lines: string[]) => {
      lines.splice(-3, 3)
    },
    /^ops.jsonl: line \d+ is the last, but the journal recorded \d+ lines$/,
  ],
  [
    'a line is removed',
    'probes.jsonl',
    (lines: string[]) => {
      lines.splice(19, 1)
    },
    'probes.jsonl: line 20 has number 20, not 19',
  ],
  [
    'two lines are exchanged',
    'reads.jsonl',
    (lines: string[]) => {
      lines.splice(4, 2, lines[5] as string, lines[4] as string)
    },
    'reads.jsonl: line 5 has number 5, not 4',
  ],
  [
    'the tail is missing',
    'writes.jsonl',
    (lines: string[]) => {
      lines.splice(-3, 3)
    },
    /^writes.jsonl: line \d+ is the last, but the journal recorded \d+ lines$/,
  ],
  [
    'the last line is edited',
    'writes.jsonl',
    (lines: string[]) => {
      lines.push((lines.pop() as string).replace('"status":200', '"status":204'))
    },
    /^writes.jsonl: line \d+ was changed after the file was closed$/,
  ],
  [
    'a line is no JSON',
    'reads.jsonl',
    (lines: string[]) => {
      lines[6] = '{"seq":6,'
    },
    'reads.jsonl: line 7 is not a complete entry',
  ],
])('when %s, file and line are named', async (_, file, change, message) => {
  writeRun(directory, madeRun())
  edit(file, change)

  const { damage } = await readRecord(directory)

  expect(damage).toEqual([
    { file, line: expect.any(Number), message: expect.stringMatching(message) },
  ])
})

test('a file that the journal closed and that is gone is damage', async () => {
  writeRun(directory, madeRun())
  rmSync(join(directory, 'reads.jsonl'))

  const { damage } = await readRecord(directory)

  expect(damage[0]?.message).toMatch(
    /^reads.jsonl: is missing, but the journal recorded \d+ lines$/,
  )
})

test('a half-written last line keeps everything before it', async () => {
  writeRun(directory, madeRun())
  const path = join(directory, 'journal.jsonl')
  truncateSync(path, readFileSync(path).length - 40)

  const record = await readRecord(directory)

  expect(record.damage).toHaveLength(1)
  expect(record.entries.some(({ kind }) => kind === 'fault.witnessed')).toBe(true)
  expect(record.entries.some(({ kind }) => kind === 'ended')).toBe(false)
})

test('a file that nobody closed is told apart from one that was', async () => {
  const made = madeRun()
  made.journal = made.journal.filter(({ kind }) => kind !== 'ended')
  writeRun(directory, made)

  expect((await readRecord(directory)).unsealed).toEqual([
    'writes.jsonl',
    'probes.jsonl',
    'reads.jsonl',
    'ops.jsonl',
  ])
})

test.each([
  ['an empty journal', '', 'leader-crash is no record of a scenario: journal.jsonl is empty'],
  [
    'a journal of rubbish',
    'hello\n',
    'leader-crash is no record of a scenario: journal.jsonl: line 1 is not a complete entry',
  ],
])('%s is no record', async (_, text, message) => {
  writeRun(directory, madeRun())
  writeFileSync(join(directory, 'journal.jsonl'), text)

  await expect(readRecord(directory)).rejects.toThrow(message)
})

test('another format is named', async () => {
  writeRun(directory, madeRun({ frozen: { format: 2 as 1 } }))

  await expect(readRecord(directory)).rejects.toThrow(
    'leader-crash was written in format 2; this version reads format 1',
  )
})

test('a directory without a journal is no record', async () => {
  await expect(readRecord(root)).rejects.toThrow('has no journal.jsonl')
})

describe('what is kept of a record', () => {
  /** Before the end, so that the made run stays what it is. */
  const amongst = (made: MadeRun, lines: MadeRun['journal']): MadeRun => ({
    ...made,
    journal: [...made.journal.slice(0, -1), ...lines, ...made.journal.slice(-1)],
  })
  const waits = (count: number, what = 'another node leads'): MadeRun['journal'] =>
    Array.from({ length: count }, (_, i) => ({
      t: ns(12_590) + i,
      kind: 'wait.happened',
      data: { what, waitedMs: i },
    }))

  test('are the entries that a verdict may need, whatever else was recorded', async () => {
    const made = madeRun()
    writeRun(directory, amongst(made, waits(500)))

    const { entries, damage } = await readRecord(directory, { ...RECORD_LIMITS, entries: 40 })

    expect(damage).toEqual([])
    expect(entries.some(({ kind }) => kind === 'wait.happened')).toBe(false)
    expect(entries.at(-1)?.kind).toBe('ended')
  })

  test('is its last entry too, which tells when the record ends', async () => {
    const made = madeRun()
    writeRun(directory, { ...made, journal: [...made.journal.slice(0, -1), ...waits(3)] })

    expect((await readRecord(directory)).entries.at(-1)).toMatchObject({ data: { waitedMs: 2 } })
  })

  test.each([
    ['entries', { entries: 9 }, /^journal.jsonl: line \d+ is past 9 entries or 64 MiB that/],
    ['bytes', { entryBytes: 2 ** 11 }, /^journal.jsonl: line \d+ is past 50000 entries or 0.00/],
    [
      'samples',
      { lines: { 'probes.jsonl': 20 } },
      'probes.jsonl: line 21 is past 20 lines: from here on it was not judged',
    ],
    [
      'writes',
      { lines: { 'writes.jsonl': 20 } },
      'writes.jsonl: line 21 is past 20 lines: from here on it was not judged',
    ],
    [
      'reads',
      { lines: { 'reads.jsonl': 20 } },
      'reads.jsonl: line 21 is past 20 lines: from here on it was not judged',
    ],
    [
      'operations',
      { lines: { 'ops.jsonl': 20 } },
      'ops.jsonl: line 21 is past 20 lines: from here on it was not judged',
    ],
  ])('has an end after so many %s, and the chain is verified to its own', async (_, few, said) => {
    writeRun(directory, madeRun())
    const whole = await readRecord(directory)

    const limits = { ...RECORD_LIMITS, ...few }
    const { damage, seals, unsealed, entries } = await readRecord(directory, limits)

    expect(damage.map(({ message }) => message)).toEqual([expect.stringMatching(said)])
    expect(seals).toEqual(whole.seals)
    expect(unsealed).toEqual([])
    expect(entries.at(-1)?.kind).toBe('ended')
  })

  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const memory = (): number => {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  test('takes a small part of the memory that its files take on the disk', async () => {
    const slow = madeRun({ intervalMs: 4 }) // some 10 000 samples
    writeRun(directory, amongst(slow, waits(3_000, 'x'.repeat(1_000))))
    const size = ['journal.jsonl', 'probes.jsonl'].map(
      (name) => statSync(join(directory, name)).size,
    )
    const bytes = size.reduce((sum, each) => sum + each, 0)
    for (const name of readdirSync(directory)) {
      if (/^(writes|reads|ops)/.test(name)) rmSync(join(directory, name))
    }
    expect(bytes).toBeGreaterThan(4 * 2 ** 20)

    const before = memory()
    const record = await readRecord(directory)
    const kept = memory() - before

    expect(record.lanes.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(5_000)
    expect(kept).toBeLessThan(bytes / 4)
  })
})
