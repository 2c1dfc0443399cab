import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { type TarPiece, TarReader } from './snapshot-tar.ts'

async function archive(
  ...entries: readonly (readonly [Parameters<ReturnType<typeof pack>['entry']>[0], string])[]
): Promise<Buffer> {
  const packing = pack()
  for (const [header, content] of entries) packing.entry(header, content)
  packing.finalize()
  return buffer(packing)
}

const told = (pieces: readonly TarPiece[]) =>
  pieces.map((piece) =>
    piece.kind === 'member' ? `${piece.name} ${piece.bytes}` : piece.content.toString(),
  )

test('members come with their sizes and contents, empty ones too', async () => {
  const tar = new TarReader()
  const content = await archive([{ name: 'a' }, 'one'], [{ name: 'b' }, ''], [{ name: 'c' }, 'two'])
  expect(told(tar.push(content))).toEqual(['a 3', 'one', 'b 0', 'c 3', 'two'])
  expect([tar.isCut, tar.behind, tar.damage]).toEqual([false, 0, undefined])
})

test('a size that needs a header of its own is taken from there', async () => {
  // As Go writes a state of 8 GiB and more.
  const content = await archive(
    [{ name: 'a', pax: { size: '3', mtime: '1' } }, 'one'],
    [{ name: 'b' }, 'two'],
  )
  const header = content.subarray(1024, 1536) // behind the other one and its text
  header.write('00000000000\0', 124, 'latin1') // it says 0
  header.fill(' ', 148, 156)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  expect(told(new TarReader().push(content))).toEqual(['a 3', 'one', 'b 3', 'two'])
})

test.each([
  ['inside a header', 100, true],
  ['inside a content', 514, true],
  ['inside the padding', 600, true],
  ['after a member', 1024, false],
])('an archive that ends %s is cut: %s', async (_, at, isCut) => {
  const tar = new TarReader()
  tar.push((await archive([{ name: 'a' }, 'one'])).subarray(0, at))
  expect([tar.isCut, tar.damage]).toEqual([isCut, undefined])
})

test('a header whose checksum is wrong ends the reading', async () => {
  const content = await archive([{ name: 'a' }, 'one'], [{ name: 'b' }, 'two'])
  content[1024] = 0x63
  const tar = new TarReader()
  expect(told(tar.push(content))).toEqual(['a 3', 'one'])
  expect(tar.damage).toBe('after a no tar header')
})

test('zeros after the end are padding, other bytes are told', async () => {
  const tar = new TarReader()
  tar.push(
    Buffer.concat([await archive([{ name: 'a' }, 'one']), Buffer.alloc(9000), Buffer.from('x')]),
  )
  expect([tar.isCut, tar.behind]).toEqual([false, 1])
})
