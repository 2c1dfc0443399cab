import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { minutes } from '../harness/lib/duration.ts'
import { median } from '../harness/lib/percentile.ts'
import { VaultClient } from '../harness/vault/client.ts'
import type { Product } from '../harness/vault/product.ts'
import { saveSnapshot } from '../harness/vault/snapshot.ts'
import { verifySnapshot } from '../harness/vault/snapshot-facts.ts'
import { type Measure, ratioOf } from './arms.ts'
import type { SourceSpec } from './snapshot-source.ts'
import type { BenchOptions } from './with-stage.ts'

const MIB = 2 ** 20
const SIZES_MIB = [10, 100]
/** As a server sends: OpenBao 150 to 300 MB/s, Vault about 35, both inferred. */
const SERVER_PACE = 150_000_000

/**
 * Our save (stream, hash, unpack, compare the sums, force to disk) against a plain copy of the
 * same bytes (stream, force to disk), and against one that hashes, which says what the hash alone
 * costs. Once from a source that never lets anybody wait, and once at a server's pace. Needs no engine.
 */
export async function benchSnapshot({ product, n, signal, say }: BenchOptions): Promise<Measure> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-bench-snapshot-'))
  const measures: Measure[] = []
  try {
    for (const mib of SIZES_MIB) {
      const file = join(folder, `${mib}.snap`)
      await makeSnapshot(file, mib * MIB, product)
      for (const bytesPerSecond of [undefined, SERVER_PACE]) {
        if (signal.aborted) break
        measures.push(...(await measured({ file, bytesPerSecond }, { mib, n, signal, say })))
      }
      measures.push(await verified(file, { mib, n, signal }))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const [first, ...more] = measures as [Measure, ...Measure[]]
  return { ...first, more }
}

type Round = Pick<BenchOptions, 'n' | 'signal'> & { readonly mib: number }

async function measured(
  source: SourceSpec,
  { mib, n, signal, say }: Round & Pick<BenchOptions, 'say'>,
): Promise<readonly Measure[]> {
  const worker = new Worker(new URL('./snapshot-source.ts', import.meta.url), {
    workerData: source,
  })
  const [port] = (await once(worker, 'message')) as [number]
  const client = new VaultClient({ node: 'source', address: { host: '127.0.0.1', port } })
  const target = `${source.file}.copy`
  const arms = { copy: [] as number[], hash: [] as number[], save: [] as number[] }
  try {
    for (let i = -1; i < n && !signal.aborted; i++) {
      const taken = {
        save: await timed(() => saveSnapshot(client, target, { within: minutes(2) })),
        copy: await timed(() => copy(client, target)),
        hash: await timed(() => copy(client, target, createHash('sha256'))),
      }
      if (i < 0) continue // the first round compiles the code and fills the caches
      for (const arm of ['copy', 'hash', 'save'] as const) arms[arm].push(taken[arm])
    }
  } finally {
    await client.close()
    await worker.terminate()
  }
  const pace = source.bytesPerSecond === undefined ? 'unpaced' : `${SERVER_PACE / 1e6} MB/s`
  const name = `snapshot ${mib} MiB, ${pace}`
  say(`${name}: copy ${shown(arms.copy)}, hashed ${shown(arms.hash)}, saved ${shown(arms.save)} ms`)
  return [
    measure(name, 'ours : plain copy ≤ 1.05', ['save', arms.save], ['plain copy', arms.copy]),
    measure(
      `${name}, hash alone`,
      'reported',
      ['hashed copy', arms.hash],
      ['plain copy', arms.copy],
    ),
  ]
}

/** Inspecting and verifying what lies on the disk, against reading it. */
async function verified(file: string, { mib, n, signal }: Round): Promise<Measure> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let i = -1; i < n && !signal.aborted; i++) {
    const verifying = await timed(() => verifySnapshot(file))
    const copying = await timed(() =>
      pipeline(createReadStream(file), createWriteStream(`${file}.copy`)),
    )
    if (i < 0) continue
    ours.push(verifying)
    theirs.push(copying)
  }
  return measure(`snapshot ${mib} MiB, verify`, 'reported', ['verify', ours], ['file copy', theirs])
}

async function copy(
  client: VaultClient,
  file: string,
  hash?: ReturnType<typeof createHash>,
): Promise<void> {
  const descriptor = openSync(file, 'w', 0o600)
  try {
    await client.download(
      'sys/storage/raft/snapshot',
      (chunk) => {
        for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
        hash?.update(chunk)
      },
      { within: minutes(2) },
    )
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}

const shown = (ms: readonly number[]): string => median(ms).toFixed(0)

const measure = (
  name: string,
  goal: string,
  [ourName, ours]: readonly [string, readonly number[]],
  [theirName, theirs]: readonly [string, readonly number[]],
): Measure => ({
  name,
  goal,
  ratio: ratioOf(ours, theirs),
  arms: {
    ours: { name: ourName, ms: ours, median: median(ours) },
    theirs: { name: theirName, ms: theirs, median: median(theirs) },
  },
  n: ours.length,
})

const VALUE_BYTES = 1024

/**
 * A snapshot as a server writes it, of secrets of 1 KiB: encrypted values do not compress, so random ones
 * stand for them. OpenBao stores what Vault compresses.
 */
async function makeSnapshot(file: string, wanted: number, product: Product): Promise<void> {
  const state = [entry('core/seal-config', Buffer.from(SEAL))]
  let bytes = 0
  for (let i = 0; bytes < wanted; i++) {
    const name = `logical/bench/${i.toString(16).padStart(8, '0')}`
    const next = entry(name, randomFillSync(Buffer.allocUnsafe(VALUE_BYTES)))
    state.push(next)
    bytes += next.length
  }
  const content = Buffer.concat(state)
  const meta = Buffer.from(
    JSON.stringify({
      Version: 1,
      ID: 'bolt-snapshot',
      Index: 9,
      Term: 3,
      Configuration: { Servers: [] },
      ConfigurationIndex: 1,
      Size: content.length,
    }),
  )
  const sum = (of: Buffer) => createHash('sha256').update(of).digest('hex')
  const archive = pack()
  archive.entry({ name: 'meta.json' }, meta)
  archive.entry({ name: 'state.bin' }, content)
  archive.entry({ name: 'SHA256SUMS' }, `${sum(meta)}  meta.json\n${sum(content)}  state.bin\n`)
  archive.entry({ name: 'SHA256SUMS.sealed' }, field(1, Buffer.from('sealed')))
  archive.finalize()
  const level = product === 'openbao' ? 0 : -1
  await pipeline(archive, createGzip({ level }), createWriteStream(file))
}

const SEAL = '{"type":"awskms","secret_shares":1,"secret_threshold":1}'

/** A storage entry with its length before it. */
function entry(key: string, value: Buffer): Buffer {
  const message = Buffer.concat([field(1, Buffer.from(key)), field(2, value)])
  return Buffer.concat([varint(message.length), message])
}

const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2]), varint(content.length), content])

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}
