import { buffer, text } from 'node:stream/consumers'
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
