import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { minutes } from '../lib/duration.ts'
import type { CallOptions, VaultClient } from './client.ts'

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
 * What every snapshot consists of, in both products. The server answers 200 before it asks the
 * seal, so a KMS that fails meanwhile shows only in the sealed sums missing at the end.
 */
const MEMBERS = ['meta.json', 'state.bin', 'SHA256SUMS', 'SHA256SUMS.sealed']

/**
 * `GET sys/storage/raft/snapshot` into a file, readable by its owner only. The file appears
 * under its name when it is complete, and not at all otherwise.
 * @throws {SnapshotIncomplete} when the server said 200 and sent less than a snapshot.
 * @throws {VaultError} with status 307 on a standby of Vault. @throws {RequestFailed}
 */
export async function saveSnapshot(
  client: VaultClient,
  file: string,
  { within = DEFAULT_LIMIT, signal }: CallOptions = {},
): Promise<SavedSnapshot> {
  const partial = `${file}.partial`
  const hash = createHash('sha256')
  let bytes = 0
  try {
    const descriptor = openSync(partial, 'w', 0o600)
    try {
      const write = (chunk: Buffer) => {
        // Written at once and not queued: a slow disk must not fill the memory instead.
        for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
        hash.update(chunk)
        bytes += chunk.length
      }
      await client.download('sys/storage/raft/snapshot', write, { within, signal })
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    await assertComplete(partial, { node: client.node, bytes })
    await rename(partial, file)
    return { file, bytes, sha256: hash.digest('hex') }
  } finally {
    await rm(partial, { force: true })
  }
}

/**
 * `POST sys/storage/raft/snapshot[-force]`. The 204 only says that the upload was valid: the
 * node works on in the background, and seals itself if that fails (RB:241 takes it for done).
 * @throws {VaultError} 400 when the snapshot is corrupt or, without force, from another seal.
 */
export async function restoreSnapshot(
  client: VaultClient,
  file: string,
  { force = false, within = DEFAULT_LIMIT, signal }: CallOptions & { force?: boolean } = {},
): Promise<void> {
  const { size } = await stat(file)
  const content = createReadStream(file)
  try {
    const path = `sys/storage/raft/snapshot${force ? '-force' : ''}`
    await client.upload(path, { content, bytes: size }, { within, signal })
  } finally {
    content.destroy()
  }
}

async function assertComplete(
  file: string,
  received: { node: string; bytes: number },
): Promise<void> {
  const seen: string[] = []
  const archive = extract()
  archive.on('entry', ({ name }, content, next) => {
    seen.push(name)
    content.on('error', () => {}) // the pipeline below reports it
    content.on('end', next)
    content.resume()
  })
  const unreadable = await pipeline(createReadStream(file), createGunzip(), archive).then(
    () => undefined,
    (error: Error) => error,
  )
  const missing = MEMBERS.filter((member) => !seen.includes(member))
  if (missing.length > 0) throw new SnapshotIncomplete(received, missing, unreadable)
  if (unreadable !== undefined) throw new SnapshotIncomplete(received, [], unreadable)
}

/** The server answered 200 and did not send a whole snapshot. */
export class SnapshotIncomplete extends Error {
  override readonly name = 'SnapshotIncomplete'
  readonly node: string
  readonly bytes: number
  readonly missing: readonly string[]

  constructor(
    { node, bytes }: { node: string; bytes: number },
    missing: readonly string[],
    cause: Error | undefined,
  ) {
    const lacks = missing.length > 0 ? `lack ${missing.join(', ')}` : 'are damaged'
    const why = cause === undefined ? '' : ` (${cause.message})`
    super(`the snapshot of ${node} is incomplete: its ${bytes} bytes ${lacks}${why}`, { cause })
    this.node = node
    this.bytes = bytes
    this.missing = missing
  }
}
