import { createHash } from 'node:crypto'
import { withMembers } from '../stack/archive.ts'
import { fieldsOf, varintAt } from '../vault/protobuf.ts'

/**
 * A snapshot as a later version of the server would have left it: its storage says that such a
 * server has led it (`core/versions/<version>`, in clear), and its sums are right again. Only who
 * can open the seal finds the sealed sums to be of another file, so nothing is wrong with it for
 * whoever looks before a server is asked.
 */
export async function ledByNewer(snapshot: Buffer, version: string): Promise<Buffer> {
  const entry = entryOf(`core/versions/${version}`)
  const sums = new Map<string, string>()
  return withMembers(snapshot, (name, content) => {
    const changed = changedMember(name, content, { entry, sums })
    sums.set(name, createHash('sha256').update(changed).digest('hex'))
    return changed
  })
}

function changedMember(
  name: string,
  content: Buffer,
  { entry, sums }: { entry: Entry; sums: ReadonlyMap<string, string> },
): Buffer {
  switch (name) {
    case 'meta.json': {
      const grown = (_: string, size: string) => `"Size":${Number(size) + entry.bytes.length}`
      return Buffer.from(content.toString().replace(/"Size":(\d+)/, grown))
    }
    case 'state.bin':
      return inserted(content, entry)
    case 'SHA256SUMS':
      // It comes after both of them.
      return Buffer.from(
        ['meta.json', 'state.bin'].map((of) => `${sums.get(of)}  ${of}\n`).join(''),
      )
    default:
      return content
  }
}

type Entry = { readonly key: string; readonly bytes: Buffer }

/** As `state.bin` has them: a protobuf message of key and value, its length before it. */
function entryOf(key: string): Entry {
  const field = (number: number, text: string) =>
    Buffer.concat([Buffer.from([number * 8 + 2, text.length]), Buffer.from(text, 'latin1')])
  const message = Buffer.concat([field(1, key), field(2, '{}')])
  return { key, bytes: Buffer.concat([Buffer.from([message.length]), message]) }
}

/** Before the first entry whose key is greater: the servers keep them in order. */
function inserted(state: Buffer, { key, bytes }: Entry): Buffer {
  for (let at = 0; at < state.length; ) {
    const length = varintAt(state, at)
    if (length === undefined) throw new RangeError(`the state has no entry at its byte ${at}`)
    const end = length.end + length.value
    const own = fieldsOf(state.subarray(length.end, end))?.find(({ field }) => field === 1)?.value
    if (Buffer.isBuffer(own) && own.toString('latin1') > key)
      return Buffer.concat([state.subarray(0, at), bytes, state.subarray(at)])
    at = end
  }
  return Buffer.concat([state, bytes])
}
