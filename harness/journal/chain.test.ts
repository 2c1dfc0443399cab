import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RunClock } from '../lib/clock.ts'
import {
  CHAIN_START,
  ChainBroken,
  ChainWriter,
  chainOf,
  type Line,
  readChain,
  type Seal,
  scanChain,
} from './chain.ts'

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'drill-chain-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'x.jsonl')
}

/** Six entries with numbers, and what closing them proved. */
function written(): { path: string; seal: Seal; lines: string[] } {
  const path = newPath()
  const chain = new ChainWriter(path, new RunClock())
  for (let n = 0; n < 6; n++) chain.append('number', { n })
  const seal = chain.close()
  return { path, seal, lines: readFileSync(path, 'utf8').trimEnd().split('\n') }
}

async function read(path: string, seal?: Seal): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readChain(path, seal)) lines.push(line)
  return lines
}

async function broken(path: string, seal?: Seal): Promise<ChainBroken> {
  const error = await read(path, seal).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ChainBroken)
  return error as ChainBroken
}

describe('a chained file', () => {
  test('gives back what was appended, in order, and the seal agrees', async () => {
    const { path, seal } = written()
    const lines = await read(path, seal)
    expect(lines.map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5].map((n) => ({ n })))
    expect(lines.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5])
    expect(lines[0]?.prev).toBe(CHAIN_START)
    expect(seal).toMatchObject({ file: 'x.jsonl', lines: 6 })
  })

  test('tells the same seal to its reader as to its writer', async () => {
    const { path, seal } = written()
    const reader = readChain(path)
    let last = await reader.next()
    while (last.done !== true) last = await reader.next()
    expect(last.value).toEqual(seal)
  })

  test('is readable up to its last line while it is being written', async () => {
    const path = newPath()
    const chain = new ChainWriter(path, new RunClock())
    chain.append('a', {})
    expect(await read(path)).toHaveLength(1)
    chain.append('b', {})
    expect(await read(path)).toHaveLength(2)
    chain.close()
  })

  test('survives line separators inside its data', async () => {
    const path = newPath()
    const chain = new ChainWriter(path, new RunClock())
    const text = 'one\ntwo\r\nthree\rfour\u2028five\u2029six\u0085'
    chain.append('text', { text })
    const seal = chain.close()
    expect((await read(path, seal))[0]?.data).toEqual({ text })
  })

  test('may have lines longer than what is read at once, and letters across its pieces', async () => {
    const path = newPath()
    const chain = new ChainWriter(path, new RunClock())
    const texts = [1, 300_000, 7, 100_001, 3, 400_000, 200_000].map((n) => 'ü'.repeat(n))
    for (const text of texts) chain.append('text', { text })
    const seal = chain.close()
    const scanned: unknown[] = []
    const lengths: number[] = []
    const found = await scanChain(
      path,
      ({ data }, length) => {
        scanned.push(data)
        lengths.push(length)
      },
      seal,
    )
    expect(found).toEqual(seal)
    expect(scanned).toEqual(texts.map((text) => ({ text })))
    expect((await read(path, seal)).map(({ data }) => data)).toEqual(scanned)
    const { length } = readFileSync(path)
    expect(lengths.reduce((sum, each) => sum + each + 1, 0)).toBe(length)
  })

  test('takes no entry that nobody could read back', () => {
    const chain = new ChainWriter(newPath(), new RunClock())
    expect(() => chain.append('text', { text: 'x'.repeat(2 ** 24) })).toThrow(
      /^"text" is an entry of \d+ bytes, too long for x.jsonl$/,
    )
    expect(chain.close().lines).toBe(0)
  })

  test('is the same when it is made at once', () => {
    const path = newPath()
    const chain = new ChainWriter(path, new RunClock(), () => '2026-11-22T02:01:14.000Z')
    const lines = ['ä', '\u2028', ''].map((text, t) => ({ t, kind: 'text', data: { text } }))
    for (const { t, kind, data } of lines) chain.append(kind, data, t)
    const seal = chain.close()
    const wall = '2026-11-22T02:01:14.000Z'
    expect(
      chainOf(
        'x.jsonl',
        lines.map((line) => ({ ...line, wall })),
      ),
    ).toEqual({ bytes: readFileSync(path), seal })
  })

  test('is never written over', () => {
    const { path } = written()
    expect(() => new ChainWriter(path, new RunClock())).toThrow('EEXIST')
  })

  test('takes nothing after it was closed, and closing twice proves the same', () => {
    const chain = new ChainWriter(newPath(), new RunClock())
    const seal = chain.close()
    expect(() => chain.append('late', {})).toThrow('x.jsonl is closed; "late" came too late')
    expect(chain.close()).toEqual(seal)
  })

  test('that does not exist is an error, not an empty record', async () => {
    await expect(read(newPath())).rejects.toThrow('ENOENT')
  })
})

describe('damage is found by its line', () => {
  test.each([
    [
      'when a line was edited',
      (lines: string[]) => lines.with(2, (lines[2] as string).replace('"n":2', '"n":7')),
      4,
      'x.jsonl: line 4 does not follow line 3: that one was changed or removed',
    ],
    [
      'when a line was removed',
      (lines: string[]) => lines.toSpliced(2, 1),
      3,
      'x.jsonl: line 3 has number 3, not 2',
    ],
    [
      'when a line was removed and the numbers were mended',
      (lines: string[]) =>
        lines.toSpliced(2, 1).map((line, seq) => line.replace(/"seq":\d+/, `"seq":${seq}`)),
      3,
      'x.jsonl: line 3 does not follow line 2: that one was changed or removed',
    ],
    [
      'when two lines changed places',
      (lines: string[]) => lines.with(2, lines[3] as string).with(3, lines[2] as string),
      3,
      'x.jsonl: line 3 has number 3, not 2',
    ],
    [
      'when a line was put in twice',
      (lines: string[]) => lines.toSpliced(2, 0, lines[2] as string),
      4,
      'x.jsonl: line 4 has number 2, not 3',
    ],
    [
      'when the first line is gone',
      (lines: string[]) => lines.slice(1),
      1,
      'x.jsonl: line 1 has number 1, not 0',
    ],
    [
      'when the last line was cut in half',
      (lines: string[]) => lines.with(5, (lines[5] as string).slice(0, 40)),
      6,
      'x.jsonl: line 6 is not a complete entry',
    ],
    [
      'when a line is no JSON',
      (lines: string[]) => lines.with(1, 'nonsense'),
      2,
      'x.jsonl: line 2 is not a complete entry',
    ],
  ])('%s', async (_title, damage, line, message) => {
    const { path, lines } = written()
    writeFileSync(path, `${damage(lines).join('\n')}\n`)
    expect(await broken(path)).toMatchObject({ file: 'x.jsonl', line, message })
  })

  test.each([
    [
      'when whole lines are missing at the end',
      (lines: string[]) => lines.slice(0, 4),
      4,
      'x.jsonl: line 4 is the last, but the journal recorded 6 lines',
    ],
    [
      'when the last line was edited',
      (lines: string[]) => lines.with(5, (lines[5] as string).replace('"n":5', '"n":7')),
      6,
      'x.jsonl: line 6 was changed after the file was closed',
    ],
    [
      'when everything is gone',
      () => [],
      0,
      'x.jsonl: line 0 is the last, but the journal recorded 6 lines',
    ],
  ])('%s, with the help of the seal', async (_title, damage, line, message) => {
    const { path, seal, lines } = written()
    const rest = damage(lines)
    writeFileSync(path, rest.length === 0 ? '' : `${rest.join('\n')}\n`)
    expect(await broken(path, seal)).toMatchObject({ line, message })
  })

  test.each([
    [
      'when its line feed is missing',
      (path: string) => truncateSync(path, readFileSync(path).length - 1),
      'x.jsonl: line 6 has no line end: the file was cut off behind it',
    ],
    [
      'when it was converted',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n')),
      'x.jsonl: line 1 ends in CR LF, not in LF: the file was converted',
    ],
    [
      'when a byte is no letter any more',
      (path: string) => {
        const bytes = readFileSync(path)
        bytes[bytes.indexOf('number')] = 0xff
        writeFileSync(path, bytes)
      },
      'x.jsonl: line 2 does not follow line 1: that one was changed or removed',
    ],
    [
      'when it ends in zeros',
      (path: string) => truncateSync(path, readFileSync(path).length + 100),
      'x.jsonl: line 7 is not a complete entry: it has NUL bytes, which were never written',
    ],
    [
      'when it does not end',
      (path: string) => truncateSync(path, 64 * 2 ** 20),
      'x.jsonl: line 7 is longer than 16 MiB',
    ],
    [
      'when an entry has no data',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('{"n":0}', 'null')),
      'x.jsonl: line 1 is not a complete entry',
    ],
  ])('%s, however it is read', async (_title, damage, message) => {
    const { path } = written()
    damage(path)
    expect(await broken(path)).toMatchObject({ message })
    await expect(scanChain(path, () => {})).rejects.toThrow(message)
  })

  test('and what is no file is named', async () => {
    const path = newPath()
    mkdirSync(path)
    await expect(read(path)).rejects.toThrow('x.jsonl: is a directory, not a file')
  })

  test('and the lines before it are given first', async () => {
    const { path, lines } = written()
    writeFileSync(path, `${lines.slice(0, 3).join('\n')}\n{"seq":3,"t":`)
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const { data } of readChain(path)) seen.push(data)
    })()
    await expect(reading).rejects.toThrow('x.jsonl: line 4 is not a complete entry')
    expect(seen).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
  })
})
