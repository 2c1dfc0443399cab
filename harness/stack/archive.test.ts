import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { type ArchiveFile, allFilesOf, archiveOf, firstFileOf } from './archive.ts'

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

describe('the first file', () => {
  /** As the engine packs a folder: the folder itself comes first. */
  const ofFolder = (...files: readonly string[]) => {
    const archive = pack()
    archive.entry({ name: 'data', type: 'directory' })
    archive.entry({ name: 'data/link', type: 'symlink', linkname: 'a' })
    for (const file of files) archive.entry({ name: `data/${file}` }, `content of ${file}`)
    archive.finalize()
    return archive as unknown as NodeJS.ReadableStream
  }

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
