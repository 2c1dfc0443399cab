import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import {
  type ArchiveFile,
  allFilesOf,
  archiveOf,
  fileOf,
  firstFileOf,
  withoutMember,
} from './archive.ts'

const FILES: readonly ArchiveFile[] = [
  { path: '/drill/config.hcl', content: 'storage "raft" {}\n' },
  { path: '/drill/tls/key.pem', content: 'a key\n', mode: 0o600 },
  { path: '/drill/audit/.folder', content: '' },
  { path: `/drill/${'deep/'.repeat(30)}file`, content: 'ünï©ode — and a\0null' },
]

test('what is packed comes out again, with its path from the root and its permissions', async () => {
  const found: ArchiveFile[] = []
  for await (const entry of archiveOf(FILES).pipe(extract())) {
    const content = (await buffer(entry)).toString()
    found.push({ path: `/${entry.header.name}`, content, mode: entry.header.mode as number })
  }
  expect(found).toEqual(FILES.map((file) => ({ mode: 0o644, ...file })))
})

test('the contents of all files come in order', async () => {
  const contents = await allFilesOf(archiveOf(FILES))
  expect(contents.map(String)).toEqual(FILES.map(({ content }) => content))
})

/** As the engine packs a folder: the folder itself comes first. */
const ofFolder = (...files: readonly string[]) => {
  const archive = pack()
  archive.entry({ name: 'data', type: 'directory' })
  archive.entry({ name: 'data/link', type: 'symlink', linkname: 'a' })
  for (const file of files) archive.entry({ name: `data/${file}` }, `content of ${file}`)
  archive.finalize()
  return archive as unknown as NodeJS.ReadableStream
}

describe('a file as it comes', () => {
  test('is the first that is no folder and no link', async () => {
    expect((await buffer(await fileOf(ofFolder('a', 'b')))).toString()).toBe('content of a')
  })

  test('is an error where there is none, or no archive', async () => {
    await expect(fileOf(ofFolder())).rejects.toThrow('the archive holds no file')
    await expect(fileOf(Readable.from([Buffer.alloc(512, 'x')]))).rejects.toThrow()
  })

  test('breaks off where the archive does', async () => {
    const whole = await buffer(archiveOf([{ path: '/a', content: 'x'.repeat(100_000) }]))
    const cut = await fileOf(Readable.from([whole.subarray(0, 50_000)]))
    await expect(buffer(cut)).rejects.toThrow()
    const failing = Readable.from(
      (async function* () {
        yield whole.subarray(0, 50_000)
        throw new Error('the engine went away')
      })(),
    )
    await expect(fileOf(failing).then(buffer)).rejects.toThrow('the engine went away')
  })
})

describe('the first file', () => {
  test('is the first that is no folder and no link', async () => {
    expect(await firstFileOf(ofFolder('a', 'b'))).toBe('content of a')
  })

  test('is an error where there is none', async () => {
    await expect(firstFileOf(ofFolder())).rejects.toThrow('the archive holds no file')
  })

  test('is an error in a damaged archive', async () => {
    await expect(firstFileOf(Readable.from([Buffer.alloc(512, 'x')]))).rejects.toThrow()
  })
})

test('an archive without a member has all the others as they were', async () => {
  const [first, ...others] = FILES
  const whole = gzipSync(await buffer(archiveOf(FILES)))
  const left = await withoutMember(whole, first?.path.slice(1) ?? '')
  const contents = await allFilesOf(Readable.from([gunzipSync(left)]))
  expect(contents.map(String)).toEqual(others.map(({ content }) => content))
  await expect(withoutMember(whole, 'nothing')).rejects.toThrow('has no member nothing')
})
