import type { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'

/** Files on their way into a container, or one on its way out. */
export type ArchiveFile = {
  /** Absolute path inside the container. */
  readonly path: string
  readonly content: string | Buffer
  /** Permission bits, `0o644` unless given. */
  readonly mode?: number
}

/** A tar stream that the engine unpacks at `/`; missing folders are made. */
export function archiveOf(files: readonly ArchiveFile[]): NodeJS.ReadableStream {
  const archive = pack()
  for (const { path, content, mode } of files) {
    archive.entry({ name: path.replace(/^\//, ''), mode: mode ?? 0o644 }, content)
  }
  archive.finalize()
  return archive as unknown as NodeJS.ReadableStream
}

/** Content of the first ordinary file in the archive. */
export async function firstFileOf(archive: NodeJS.ReadableStream): Promise<string> {
  for await (const entry of (
    archive as unknown as AsyncIterable<Buffer> & NodeJS.ReadableStream
  ).pipe(extract())) {
    if (entry.header.type === 'file') return await text(entry) // leaving the loop destroys the archive
    entry.resume()
  }
  throw new Error('the archive holds no file')
}

/** The first ordinary file in the archive, as it comes; an archive that breaks off breaks it too. */
export function fileOf(archive: NodeJS.ReadableStream): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const unpacked = extract()
    let file: Readable | undefined
    const fail = (error: Error) => {
      if (file === undefined) reject(error)
      else file.destroy(error)
    }
    unpacked.on('entry', (header, entry, next) => {
      if (header.type === 'file' && file === undefined) {
        file = entry as unknown as Readable
        resolve(file)
      } else entry.resume()
      entry.on('end', next)
    })
    unpacked.on('error', fail)
    unpacked.on('finish', () => {
      if (file === undefined) reject(new Error('the archive holds no file'))
    })
    archive.on('error', (error) => unpacked.destroy(error))
    archive.pipe(unpacked)
  })
}

/** Contents of all ordinary files in the archive, in its order. */
export async function allFilesOf(archive: NodeJS.ReadableStream): Promise<readonly Buffer[]> {
  const contents: Buffer[] = []
  for await (const entry of (
    archive as unknown as AsyncIterable<Buffer> & NodeJS.ReadableStream
  ).pipe(extract())) {
    if (entry.header.type === 'file') contents.push(await buffer(entry))
    else entry.resume()
  }
  return contents
}

/** A gzipped archive without one of its members. @throws {RangeError} when it has none of that name. */
export async function withoutMember(gzipped: Buffer, member: string): Promise<Buffer> {
  let isLeftOut = false
  const without = await withMembers(gzipped, (name, content) => {
    if (name !== member) return content
    isLeftOut = true
    return undefined
  })
  if (!isLeftOut) throw new RangeError(`the archive has no member ${member}`)
  return without
}

/** A gzipped archive with other members, asked for in its order; `undefined` leaves one out. */
export async function withMembers(
  gzipped: Buffer,
  change: (name: string, content: Buffer) => Buffer | undefined,
): Promise<Buffer> {
  const [unpacked, packed] = [extract(), pack()]
  unpacked.end(gunzipSync(gzipped))
  for await (const entry of unpacked) {
    const { name } = entry.header
    const content = change(name, await buffer(entry))
    if (content !== undefined) packed.entry({ name }, content)
  }
  packed.finalize()
  return gzipSync(await buffer(packed))
}
