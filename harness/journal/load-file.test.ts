import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readLoadFile } from './load-file.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'load-file-'))
})
afterEach(() => rmSync(root, { recursive: true }))

async function read(bytes: Buffer) {
  const path = join(root, 'samples.json.gz')
  writeFileSync(path, bytes)
  const lines: string[] = []
  const found = await readLoadFile(path, (line) => lines.push(line.toString()))
  expect(found.sha256).toBe(hash('sha256', bytes, 'hex'))
  return { ...found, taken: lines }
}

const many = Array.from({ length: 50_000 }, (_, i) => `{"line":${i}}\n`).join('')

describe('the samples of a load are', () => {
  test('read line by line', async () => {
    const { lines, cut, taken } = await read(gzipSync(many))

    expect({ lines, cut }).toEqual({ lines: 50_000, cut: undefined })
    expect(taken).toHaveLength(50_000)
    expect(taken.at(-1)).toBe('{"line":49999}')
  })

  test.each([
    ['the compressed file is cut off', gzipSync(many).subarray(0, -2000), 'ends in the middle'],
    ['the last line is cut off', gzipSync('{"a":1}\n{"b"'), 'ends within a line'],
    ['there is nothing', Buffer.alloc(0), 'ends in the middle'],
  ])('read as far as they go when %s', async (_what, bytes, why) => {
    const { cut, taken } = await read(bytes)

    expect(cut).toBe(why)
    expect(taken.every((line) => JSON.parse(line))).toBe(true)
  })

  test('none when nothing was sampled', async () => {
    expect(await read(gzipSync(''))).toMatchObject({ lines: 0, taken: [] })
  })

  test.each([
    ['no gzip', Buffer.from('PK is another kind of file, and long enough')],
    ['changed inside', changed(gzipSync(many))],
  ])('named when they are %s', async (_what, bytes) => {
    expect((await read(bytes)).cut).toMatch(/^is damaged inside: /)
  })

  test('not followed through a link', async () => {
    const path = join(root, 'link')
    symlinkSync('/dev/zero', path)

    await expect(readLoadFile(path, () => {})).rejects.toThrow('is a symbolic link')
  })

  test('bounded where somebody made a line without end', async () => {
    const { lines, taken } = await read(
      gzipSync(Buffer.concat([Buffer.alloc(18 * 2 ** 20), Buffer.from('\n{}\n')])),
    )

    expect(lines).toBe(2)
    expect(taken).toEqual(['too long', '{}'])
  })
})

function changed(bytes: Buffer): Buffer {
  const at = Math.floor(bytes.length / 2)
  bytes.fill(0xff, at, at + 40)
  return bytes
}
