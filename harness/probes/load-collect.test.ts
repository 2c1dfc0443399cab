import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepSamples } from './load-collect.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'samples-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const LINES = Array.from({ length: 5000 }, (_, i) => `{"metric":"http_reqs","n":${i}}\n`).join('')

const keep = (bytes: Buffer, chunkSize = 1000) => {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, i) =>
    bytes.subarray(i * chunkSize, (i + 1) * chunkSize),
  )
  return keepSamples(Readable.from(chunks), join(folder, 'samples.json.gz'))
}

test.each([7, 1000, 1_000_000])(
  'samples come to disk as they are, in parts of %i bytes',
  async (size) => {
    const bytes = gzipSync(LINES)
    const head = createHash('sha256').update(bytes).digest('hex')
    expect(await keep(bytes, size)).toEqual({ head, lines: 5000 })
    expect(readFileSync(join(folder, 'samples.json.gz')).equals(bytes)).toBe(true)
  },
)

describe('is found and kept all the same:', () => {
  const whole = gzipSync(LINES)
  test.each([
    ['a file that breaks off', whole.subarray(0, whole.length - 20), /cut off or damaged/],
    ['one that is no archive', Buffer.from('{"metric":"http_reqs"}\n'), /cut off or damaged/],
    ['a flipped byte', flipped(whole, whole.length >> 1), /cut off or damaged/],
    ['a line that breaks off', gzipSync('{"a":1}\n{"a":'), /^its last line is cut off$/],
    ['an empty file', Buffer.from(''), /cut off or damaged/],
  ])('%s', async (_what, bytes, damage) => {
    expect(await keep(bytes)).toMatchObject({
      head: createHash('sha256').update(bytes).digest('hex'),
      damage: expect.stringMatching(damage),
    })
    expect(readFileSync(join(folder, 'samples.json.gz')).equals(bytes)).toBe(true)
  })
})

test('a stream that fails is an error, and no file is written twice', async () => {
  const failing = Readable.from(
    (async function* () {
      yield gzipSync(LINES).subarray(0, 100)
      throw new Error('the engine went away')
    })(),
  )
  const path = join(folder, 'samples.json.gz')
  await expect(keepSamples(failing, path)).rejects.toThrow('the engine went away')
  await expect(keepSamples(Readable.from([gzipSync('')]), path)).rejects.toThrow('EEXIST')
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}
