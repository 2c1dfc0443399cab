import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { judge } from './judge.ts'
import { report } from './report.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/journals')
const fixtures = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

let root: string
let run: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'judge-'))
  run = join(root, 'run')
  cpSync(join(FIXTURES, 'leader-crash-passed'), run, { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const judged = async (directory: string) => {
  const lines: string[] = []
  const code = await judge({ run: directory, print: (line) => lines.push(line) })
  return { code, said: lines.join('\n') }
}

const file = (name: string): string => join(run, 'leader-crash', name)
const edit = (path: string, from: string | RegExp, to: string): void => {
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`nothing to change in ${path}`)
  writeFileSync(path, changed)
}

test.each(fixtures)('the stored verdict of "%s" comes out of its files again', async (name) => {
  const { code, said } = await judged(join(FIXTURES, name))

  expect(said).toContain('1 of 1 verdicts are derived again from the files')
  expect(code).toBe(0)
})

test.each([
  ['leader-crash-passed', 'passed', undefined],
  ['acknowledged-write-lost', 'failed', undefined],
  ['recovery-too-slow', 'failed', undefined],
  ['flapping', 'inconclusive', 'undecided'],
  ['fault-not-witnessed', 'inconclusive', 'vacuous'],
  ['probe-paused', 'inconclusive', 'assumption'],
  ['harness-died', 'inconclusive', 'infrastructure'],
  ['step-failed', 'failed', undefined],
  ['stale-read', 'failed', undefined],
  ['resurrected', 'failed', undefined],
  ['inconsistent-cut', 'failed', undefined],
  ['passed-before-registers', 'passed', undefined],
])('the run "%s" is %s', (name, verdict, cause) => {
  const stored = JSON.parse(readFileSync(join(FIXTURES, name, 'leader-crash/verdict.json'), 'utf8'))

  expect([stored.verdict, stored.cause]).toEqual([verdict, cause])
})

describe('a verdict that was embellished', () => {
  test('is told field by field', async () => {
    edit(file('verdict.json'), '"hi": 1953.4', '"hi": 953.4')

    const { code, said } = await judged(run)

    expect(code).toBe(1)
    expect(said).toContain(
      'leader-crash: objectives[0].measured.hi was 953.4, the files give 1953.4',
    )
  })

  test('is told when only run.json says it', async () => {
    edit(join(run, 'run.json'), '"verdict": "passed"', '"verdict": "failed"')

    const { code, said } = await judged(run)

    expect(code).toBe(1)
    expect(said).toContain('leader-crash: verdict in run.json was failed, the files give passed')
  })

  test('is told when the exit code is better than the verdicts', async () => {
    const failed = join(root, 'failed')
    cpSync(join(FIXTURES, 'acknowledged-write-lost'), failed, { recursive: true })
    edit(join(failed, 'run.json'), '"exitCode": 1', '"exitCode": 0')

    const { code, said } = await judged(failed)

    expect(code).toBe(1)
    expect(said).toContain('run.json: exitCode was 0, the verdicts give 1')
  })
})

describe('a record that was changed', () => {
  test.each([
    [
      'an acknowledged write is made a refused one',
      () => edit(file('writes.jsonl'), '"outcome":"acknowledged"', '"outcome":"refused"'),
      /leader-crash\/writes.jsonl: line \d+ does not follow line \d+/,
    ],
    ['a file is gone', () => rmSync(file('reads.jsonl')), /leader-crash\/reads.jsonl: is missing/],
    [
      'the tail of the ledger is cut off',
      () => edit(file('writes.jsonl'), /\n[^\n]+\n$/, '\n'),
      /leader-crash\/writes.jsonl: line \d+ is the last, but the journal recorded \d+ lines/,
    ],
    [
      'the tail of the journal is cut off',
      () => edit(file('journal.jsonl'), /\n[^\n]+\n$/, '\n'),
      /leader-crash\/journal.jsonl: line \d+, the last, is not the one that run.json recorded/,
    ],
    [
      'the last line of the journal is edited',
      () => edit(file('journal.jsonl'), /"t":12600000000(?!.*"t":12600000000)/s, '"t":12600000001'),
      /leader-crash\/journal.jsonl: line \d+, the last, is not the one/,
    ],
    [
      'the journal is cut off within a line',
      () => edit(file('journal.jsonl'), /.{30}\n$/, ''),
      /leader-crash\/journal.jsonl: line \d+ is not a complete entry/,
    ],
    [
      'the journal is empty',
      () => writeFileSync(file('journal.jsonl'), ''),
      /leader-crash: .*journal.jsonl is empty/,
    ],
    [
      'the journal is gone',
      () => rmSync(file('journal.jsonl')),
      /leader-crash\/journal.jsonl: is missing/,
    ],
    [
      'run.json no longer vouches for the journal',
      () => edit(join(run, 'run.json'), 'leader-crash/journal.jsonl', 'leader-crash/journal.txt'),
      /journal.jsonl: run.json does not vouch for its end/,
    ],
    [
      'there is no verdict',
      () => rmSync(file('verdict.json')),
      /leader-crash: verdict.json cannot be read/,
    ],
    [
      'the verdict is no JSON',
      () => writeFileSync(file('verdict.json'), '{'),
      /leader-crash: verdict.json cannot be read/,
    ],
  ])('is named by file and line when %s', async (_, change, message) => {
    change()

    const { code, said } = await judged(run)

    expect(said).toMatch(message)
    expect(code).toBe(20)
  })
})

describe('what is no run', () => {
  test.each([
    [
      'a directory that is not there',
      () => rmSync(run, { recursive: true }),
      64,
      'there is no such directory',
    ],
    [
      'a directory without a run',
      () => {
        rmSync(run, { recursive: true })
        cpSync(join(FIXTURES, 'README.md'), join(run, 'README.md'))
      },
      64,
      'it has no run.json',
    ],
    [
      'a run of another format',
      () => edit(join(run, 'run.json'), '"format": 1', '"format": 7'),
      64,
      'run was written in format 7; this version reads format 1',
    ],
    [
      'a run file that is no JSON',
      () => writeFileSync(join(run, 'run.json'), 'x'),
      64,
      'its run.json is not JSON',
    ],
    [
      'a run file that leads elsewhere',
      () =>
        edit(
          join(run, 'run.json'),
          '"directory": "leader-crash"',
          '"directory": "../leader-crash"',
        ),
      64,
      'its run.json leads out of it: ../leader-crash',
    ],
    [
      'a run that never finished',
      () => rmSync(join(run, 'run.json')),
      20,
      'was never finished: it has 1 records (leader-crash) and no run.json',
    ],
  ])('such as %s is told', async (_, change, exit, message) => {
    change()

    const { code, said } = await judged(run)

    expect(said).toContain(message)
    expect(code).toBe(exit)
  })

  test('such as one scenario of it is told, and judged for information', async () => {
    const { code, said } = await judged(join(run, 'leader-crash'))

    expect(said).toContain('is one scenario of a run; name the directory above it')
    expect(said).toContain('leader-crash: PASS by its files')
    expect(code).toBe(64)
  })
})

test('the pages are rendered again from the files', async () => {
  const lines: string[] = []

  const code = await report({ runs: [run], print: (line) => lines.push(line) })

  expect(code).toBe(0)
  expect(lines).toEqual(['report.html', 'report.md', 'junit.xml'].map((name) => join(run, name)))
  for (const path of lines) expect(existsSync(path)).toBe(true)
})

test.each([
  ['is no run', () => rmSync(run, { recursive: true }), 64],
  ['never finished', () => rmSync(join(run, 'run.json')), 20],
  ['has no verdict', () => rmSync(file('verdict.json')), 20],
])('no pages are rendered of what %s', async (_, change, exit) => {
  change()

  expect(await report({ runs: [run], print: () => {} })).toBe(exit)
})
