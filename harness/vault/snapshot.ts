import { createReadStream, writeSync } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { minutes } from '../lib/duration.ts'
import type { CallOptions, VaultClient } from './client.ts'
import { type ArchiveReading, type Finding, readArchive } from './snapshot-archive.ts'

/**
 * Raft snapshots as files. Ask the leader: a standby redirects (Vault) or gives its own, maybe
 * older, state (OpenBao), and a balancer may lead to either.
 */

export type SavedSnapshot = {
  readonly file: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

const DEFAULT_LIMIT = minutes(5)

/**
 * `GET sys/storage/raft/snapshot` into a file, readable by its owner only. The file appears
 * under its name when it is complete, and not at all otherwise: the server answers 200 before it asks the
 * seal, so a KMS that fails meanwhile shows only in the sealed sums missing at the end.
 * @throws {SnapshotIncomplete} when the server said 200 and sent less than a snapshot.
 * @throws {VaultError} with status 307 on a standby of Vault. @throws {RequestFailed}
 */
export async function saveSnapshot(
  client: VaultClient,
  file: string,
  { within = DEFAULT_LIMIT, signal }: CallOptions = {},
): Promise<SavedSnapshot> {
  const partial = `${file}.partial`
  try {
    const handle = await open(partial, 'w+', 0o600)
    try {
      const growing = new GrowingFile(handle)
      const reading = readWhole(growing.pieces())
      reading.catch(() => {}) // awaited below, after the download's own failure
      try {
        await client.download('sys/storage/raft/snapshot', (chunk) => growing.append(chunk), {
          within,
          signal,
        })
      } finally {
        growing.end()
      }
      const [read] = await Promise.all([reading, handle.sync()])
      if (read.findings.length > 0) throw new SnapshotIncomplete(client.node, read)
      await rename(partial, file)
      return { file, bytes: read.bytes, sha256: read.sha256 }
    } finally {
      await handle.close()
    }
  } finally {
    await rm(partial, { force: true })
  }
}

/**
 * `POST sys/storage/raft/snapshot[-force]`; gives the status. The 204 only says that the upload was valid: the
 * node works on in the background, and seals itself if that fails (RB:241 takes it for done).
 * @throws {VaultError} 400 when the snapshot is corrupt or, without force, from another seal.
 */
export async function restoreSnapshot(
  client: VaultClient,
  file: string,
  { force = false, within = DEFAULT_LIMIT, signal }: CallOptions & { force?: boolean } = {},
): Promise<number> {
  const { size } = await stat(file)
  const content = createReadStream(file)
  try {
    const path = `sys/storage/raft/snapshot${force ? '-force' : ''}`
    return await client.upload(path, { content, bytes: size }, { within, signal })
  } finally {
    content.destroy()
  }
}

async function readWhole(pieces: AsyncIterable<Buffer>): Promise<ArchiveReading> {
  const archive = readArchive(pieces)
  let step = await archive.next()
  while (step.done !== true) step = await archive.next()
  return step.value
}

const PIECE = 512 * 1024

/**
 * A file that is read while it is written: what comes in is on its way to the disk at once and is never queued,
 * so neither a slow disk nor a slow reader fills the memory.
 */
class GrowingFile {
  readonly #handle: FileHandle
  #bytes = 0
  #isWhole = false
  #grew: () => void = () => {}

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  append(chunk: Buffer): void {
    for (let done = 0; done < chunk.length; ) {
      done += writeSync(this.#handle.fd, chunk, done, chunk.length - done, this.#bytes + done)
    }
    this.#bytes += chunk.length
    this.#grew()
  }

  /** Nothing more will come. */
  end(): void {
    this.#isWhole = true
    this.#grew()
  }

  /** All of the file, from its begin; waits for what is not there yet. To be called once. */
  async *pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; ; ) {
      const wanted = Math.min(this.#bytes - at, PIECE)
      if (wanted > 0) {
        const buffer = Buffer.allocUnsafe(wanted)
        const { bytesRead } = await this.#handle.read(buffer, 0, wanted, at)
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      } else if (this.#isWhole) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#grew = resolve
        })
      }
    }
  }
}

/** The server answered 200 and did not send a whole snapshot. */
export class SnapshotIncomplete extends Error {
  override readonly name = 'SnapshotIncomplete'
  readonly node: string
  readonly bytes: number
  readonly missing: readonly string[]
  readonly findings: readonly Finding[]

  constructor(node: string, { bytes, missing, findings }: ArchiveReading) {
    const lacks = missing.length > 0 ? `lack ${missing.join(', ')}` : 'are damaged'
    const why = findings.map(({ says }) => says).join('; ')
    super(`the snapshot of ${node} is incomplete: its ${bytes} bytes ${lacks} (${why})`)
    this.node = node
    this.bytes = bytes
    this.missing = missing
    this.findings = findings
  }
}
