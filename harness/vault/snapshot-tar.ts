/** What comes out of a tar file, in its order. */
export type TarPiece =
  | { readonly kind: 'member'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'content'; readonly content: Buffer }

const BLOCK = 512
/** What Go writes before a member of 8 GiB and more: its size, as text; others also its name. */
const PAX = 'x'
const LONGEST_PAX = 1024 * 1024

/**
 * Reads tar piece by piece, by the rules of Go's reader, which is the servers' own: two blocks
 * of zeros end the archive, its mere end does so too. Members keep their order and may be of any size.
 */
export class TarReader {
  #state: 'header' | 'content' | 'padding' | 'end' = 'header'
  #held: Buffer[] = []
  #heldBytes = 0
  #missing = BLOCK
  #padding = 0
  #zeroBlocks = 0
  #pax: { readonly bytes: Buffer[] } | undefined
  #paxSize: number | undefined
  #paxName: string | undefined
  #name = ''
  /** What is wrong; nothing is read after it. */
  damage: string | undefined
  /** Bytes other than zeros after the end of the archive. */
  behind = 0

  push(chunk: Buffer): readonly TarPiece[] {
    const pieces: TarPiece[] = []
    for (let at = 0; at < chunk.length && this.damage === undefined; ) {
      if (this.#state === 'end') {
        for (; at < chunk.length; at++) if (chunk[at] !== 0) this.behind++
        break
      }
      const part = chunk.subarray(at, at + this.#missing)
      at += part.length
      this.#missing -= part.length
      this.#take(part, pieces)
      // Members without content have nothing to wait for either.
      while (this.#missing === 0 && this.damage === undefined && this.#next(pieces));
    }
    return pieces
  }

  /** To be asked at the end of the file. */
  get isCut(): boolean {
    if (this.#state === 'header') return this.#heldBytes > 0 || this.#pax !== undefined
    return this.#state !== 'end'
  }

  /** The member that is being read. */
  get name(): string {
    return this.#name
  }

  #take(part: Buffer, pieces: TarPiece[]): void {
    if (this.#state === 'header') {
      this.#held.push(part)
      this.#heldBytes += part.length
    } else if (this.#state === 'content') {
      if (this.#pax === undefined) pieces.push({ kind: 'content', content: part })
      else this.#pax.bytes.push(part)
    }
  }

  /** Whether the state that follows waits for nothing either. */
  #next(pieces: TarPiece[]): boolean {
    if (this.#state === 'header') {
      const block = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)
      this.#held = []
      this.#heldBytes = 0
      this.#header(block, pieces)
    } else if (this.#state === 'content') {
      if (this.#pax !== undefined) this.#endPax(Buffer.concat(this.#pax.bytes).toString('utf8'))
      this.#state = 'padding'
      this.#missing = this.#padding
    } else {
      this.#state = 'header'
      this.#missing = BLOCK
    }
    return this.#missing === 0
  }

  #header(block: Buffer, pieces: TarPiece[]): void {
    this.#missing = BLOCK
    if (block.every((byte) => byte === 0)) {
      this.#zeroBlocks++
      if (this.#zeroBlocks === 2) this.#state = 'end'
      return
    }
    if (this.#zeroBlocks > 0 || !hasItsChecksum(block)) {
      this.damage = this.#name === '' ? 'it is no tar archive' : `after ${this.#name} no tar header`
      return
    }
    const type = block.toString('latin1', 156, 157)
    const bytes = (type === PAX ? undefined : this.#paxSize) ?? numberIn(block.subarray(124, 136))
    if (!Number.isSafeInteger(bytes) || (type === PAX && bytes > LONGEST_PAX)) {
      this.damage = 'a tar header names no size'
      return
    }
    this.#state = 'content'
    this.#missing = bytes
    this.#padding = (BLOCK - (bytes % BLOCK)) % BLOCK
    if (type === PAX) {
      this.#pax = { bytes: [] }
      return
    }
    this.#name = this.#paxName ?? textIn(block.subarray(0, 100))
    this.#paxSize = undefined
    this.#paxName = undefined
    pieces.push({ kind: 'member', name: this.#name, bytes })
  }

  #endPax(records: string): void {
    this.#pax = undefined
    const size = /^\d+ size=(\d+)$/m.exec(records)?.[1]
    if (size !== undefined) this.#paxSize = Number(size)
    this.#paxName = /^\d+ path=(.+)$/m.exec(records)?.[1]
  }
}

const textIn = (field: Buffer): string => {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? field.length : end)
}

/** Octal digits, or for what does not fit into them a big-endian number with its first bit set. */
function numberIn(field: Buffer): number {
  if (((field[0] as number) & 0x80) === 0) {
    const digits = textIn(field).trim()
    return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN
  }
  return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] as number) & 0x7f)
}

function hasItsChecksum(block: Buffer): boolean {
  const named = numberIn(block.subarray(148, 156))
  const sum = block.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 0x20 : byte), 0)
  return sum === named
}
