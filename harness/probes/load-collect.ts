import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** What a file of samples turned out to be. */
export type SampleFile = {
  /** SHA-256 of the file as it is, compressed. */
  readonly head: string
  /** Complete lines of it, uncompressed. */
  readonly lines: number
  /** Why it cannot be read to its end, if so. */
  readonly damage?: string
}

/**
 * Writes samples to disk as they come out of the container, and hashes and counts them on the way:
 * a long run has gigabytes, and none of it is ever whole in memory.
 */
export async function keepSamples(samples: Readable, path: string): Promise<SampleFile> {
  const hash = createHash('sha256')
  const counted = countLines()
  const tee = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      counted.take(chunk, () => done(undefined, chunk))
    },
  })
  await pipeline(samples, tee, createWriteStream(path, { flags: 'wx' }))
  const { lines, damage } = await counted.finish()
  return { head: hash.digest('hex'), lines, ...(damage === undefined ? {} : { damage }) }
}

const LINE_FEED = 10

function countLines() {
  const gunzip = createGunzip()
  let lines = 0
  let last = LINE_FEED
  let damage: string | undefined
  gunzip.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++
    last = chunk.at(-1) ?? last
  })
  const over = new Promise<void>((resolve) => {
    gunzip.on('end', resolve)
    gunzip.on('error', (error) => {
      damage = `its compressed data are cut off or damaged: ${error.message}`
      resolve()
    })
  })
  return {
    /** Calls back when there is room for more. */
    take(chunk: Buffer, next: () => void): void {
      if (damage !== undefined || gunzip.write(chunk)) next()
      else {
        const go = () => {
          gunzip.off('drain', go)
          gunzip.off('error', go)
          next()
        }
        gunzip.on('drain', go)
        gunzip.on('error', go)
      }
    },
    async finish(): Promise<{ lines: number; damage: string | undefined }> {
      if (damage === undefined) gunzip.end()
      await over
      if (damage === undefined && last !== LINE_FEED) damage = 'its last line is cut off'
      return { lines, damage }
    },
  }
}
