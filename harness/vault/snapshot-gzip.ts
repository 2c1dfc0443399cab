import { crc32, createInflateRaw } from 'node:zlib'

/** What is wrong with a gzip file as such. */
export type GzipDamage = {
  readonly kind: 'empty' | 'not-gzip' | 'cut-short' | 'gzip-damaged' | 'trailing-bytes'
  readonly says: string
}

/**
 * Unpacks gzip piece by piece and returns what was wrong with it, all that could be unpacked
 * before that having been handed over. Not `createGunzip`: at bytes behind the end of a file it
 * fails and takes what it had unpacked last with it, or says nothing when they are zeros. A
 * second gzip member counts as bytes behind the end, no server writes one.
 */
export async function* gunzipped(
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, readonly GzipDamage[]> {
  const inflation = new Inflation()
  const trailer = new Trailer()
  let head: Buffer | undefined = Buffer.alloc(0)
  let crc = 0
  let bytes = 0
  let isForeign = false
  try {
    // Even when nothing can be unpacked all is read: the file's own hash needs it.
    for await (const piece of packed) {
      if (isForeign) continue
      let deflated = piece
      if (head !== undefined) {
        head = Buffer.concat([head, piece])
        const begins = endOfHeader(head)
        isForeign = begins === 'none'
        if (typeof begins !== 'number') continue
        deflated = head.subarray(begins)
        head = undefined
      }
      const behind = inflation.isOver ? deflated : yield* pour(await inflation.write(deflated))
      if (inflation.isOver) trailer.take(behind)
    }
    if (head !== undefined) return [head.length === 0 ? EMPTY : notGzip(head)]
    if (!inflation.isOver) yield* pour(await inflation.end())
    return damageOf(inflation, trailer, { crc, bytes })
  } finally {
    inflation.close()
  }

  function* pour({ content, rest }: Inflated): Generator<Buffer, Buffer> {
    for (const each of content) {
      crc = crc32(each, crc)
      bytes += each.length
      yield each
    }
    return rest
  }
}

const EMPTY: GzipDamage = { kind: 'empty', says: 'the file is empty' }

function notGzip(head: Buffer): GzipDamage {
  const begins = head.subarray(0, 4).toString('hex')
  return { kind: 'not-gzip', says: `the file is not gzip: it begins with ${begins}` }
}

function damageOf(
  { failure, isWhole }: Inflation,
  trailer: Trailer,
  seen: { readonly crc: number; readonly bytes: number },
): readonly GzipDamage[] {
  if (failure !== undefined && failure.code !== 'Z_BUF_ERROR') {
    return [{ kind: 'gzip-damaged', says: `gzip cannot unpack the file: ${failure.message}` }]
  }
  if (!isWhole || trailer.isCut) {
    const says = `the file is cut short: gzip ends after ${seen.bytes} unpacked bytes`
    return [{ kind: 'cut-short', says }]
  }
  const found: GzipDamage[] = []
  if (!trailer.agreesWith(seen)) {
    const says = "what is unpacked does not have gzip's own checksum"
    found.push({ kind: 'gzip-damaged', says })
  }
  if (trailer.behind > 0) {
    const says = `${trailer.behind} bytes follow the end of the file`
    found.push({ kind: 'trailing-bytes', says })
  }
  return found
}

const FIXED_HEADER = 10
/** Its texts may be of any length; nobody writes such long ones. */
const LONGEST_HEADER = 64 * 1024
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 }

/** Where the deflated bytes begin (RFC 1952); `undefined` until that can be told. */
function endOfHeader(head: Buffer): number | 'none' | undefined {
  if ((head[0] ?? 0x1f) !== 0x1f || (head[1] ?? 0x8b) !== 0x8b || (head[2] ?? 8) !== 8)
    return 'none'
  if (head.length < FIXED_HEADER) return undefined
  const flags = head[3] as number
  let at = FIXED_HEADER
  if ((flags & FLAG.extra) !== 0) {
    if (head.length < at + 2) return undefined
    at += 2 + head.readUInt16LE(at)
  }
  for (const text of [FLAG.name, FLAG.comment]) {
    if ((flags & text) === 0) continue
    const end = head.indexOf(0, at)
    if (end === -1) return head.length > LONGEST_HEADER ? 'none' : undefined
    at = end + 1
  }
  if ((flags & FLAG.headerCrc) !== 0) at += 2
  return at <= head.length ? at : undefined
}

type Inflated = { readonly content: readonly Buffer[]; readonly rest: Buffer }

/** Deflated bytes in, what they unpack to out; the work is done on a thread of Node's pool. */
class Inflation {
  readonly #stream = createInflateRaw({ chunkSize: 256 * 1024 })
  #content: Buffer[] = []
  #given = 0
  #wake: () => void = () => {}
  /** The end of the deflated bytes was found. */
  isWhole = false
  failure: (Error & { code?: string }) | undefined

  constructor() {
    this.#stream.on('data', (content: Buffer) => this.#content.push(content))
    this.#stream.on('error', (error) => {
      this.failure = error
      this.#wake()
    })
    this.#stream.on('end', () => {
      this.isWhole = true
      this.#wake()
    })
  }

  get isOver(): boolean {
    return this.isWhole || this.failure !== undefined
  }

  async write(deflated: Buffer): Promise<Inflated> {
    this.#given += deflated.length
    await new Promise<void>((resolve) => {
      this.#wake = resolve // past the end of its input the stream never calls back
      this.#stream.write(deflated, () => resolve())
    })
    const unused = this.isWhole ? this.#given - this.#stream.bytesWritten : 0
    return { content: this.#taken(), rest: deflated.subarray(deflated.length - unused) }
  }

  async end(): Promise<Inflated> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#stream.end()
    })
    return { content: this.#taken(), rest: Buffer.alloc(0) }
  }

  close(): void {
    this.#stream.destroy()
  }

  #taken(): readonly Buffer[] {
    const content = this.#content
    this.#content = []
    return content
  }
}

const TRAILER = 8

/** The checksum and the length behind the deflated bytes, and what comes after them. */
class Trailer {
  #own = Buffer.alloc(0)
  behind = 0

  take(bytes: Buffer): void {
    const own = bytes.subarray(0, TRAILER - this.#own.length)
    this.#own = Buffer.concat([this.#own, own])
    this.behind += bytes.length - own.length
  }

  get isCut(): boolean {
    return this.#own.length < TRAILER
  }

  agreesWith({ crc, bytes }: { readonly crc: number; readonly bytes: number }): boolean {
    return this.#own.readUInt32LE(0) === crc && this.#own.readUInt32LE(4) === bytes % 2 ** 32
  }
}
