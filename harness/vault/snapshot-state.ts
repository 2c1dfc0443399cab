import { fieldsOf, varintAt } from './protobuf.ts'

/** What the server has under one name of its storage. */
export type StorageEntry = {
  /** A character per byte, so that keys compare as bbolt orders them. See {@link readableKey}. */
  readonly key: string
  /** Encrypted by the barrier, but for some names below `core/`. */
  readonly value: Buffer
  /** Of the message, as `vault operator raft snapshot inspect` counts them. */
  readonly bytes: number
}

/** What a server takes is 1 MiB unless it is told otherwise; memory is bounded by this one. */
const LONGEST_ENTRY = 64 * 1024 * 1024
const LONGEST_LENGTH = 10

/**
 * Reads `state.bin` piece by piece: entries one after the other, each a protobuf message with its length
 * before it. The servers write them in the order of their keys, which is bbolt's.
 */
export class StateReader {
  #held: Buffer[] = []
  #heldBytes = 0
  #wanted = 1
  #before: string | undefined
  #read = 0
  /** What is wrong; nothing is read after it. */
  damage: string | undefined
  /** The first key that is not greater than the one before it. */
  unordered: string | undefined

  push(chunk: Buffer): readonly StorageEntry[] {
    const entries: StorageEntry[] = []
    if (this.damage !== undefined) return entries
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < this.#wanted) return entries // an entry longer than a piece is joined once
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held)
    let at = 0
    this.#wanted = 1
    while (at < bytes.length && this.damage === undefined) {
      const length = varintAt(bytes, at)
      if (length === undefined) {
        if (bytes.length - at >= LONGEST_LENGTH) this.#stop('the length of an entry has no end')
        break
      }
      if (length.value > LONGEST_ENTRY) {
        this.#stop(`an entry claims to have ${length.value} bytes`)
        break
      }
      const end = length.end + length.value
      if (end > bytes.length) {
        this.#wanted = end - at
        break
      }
      const entry = this.#entry(bytes.subarray(length.end, end))
      if (entry !== undefined) entries.push(entry)
      this.#read += end - at
      at = end
    }
    const rest = bytes.subarray(at)
    this.#held = rest.length === 0 ? [] : [rest]
    this.#heldBytes = rest.length
    return entries
  }

  /** To be asked at the end of the file. */
  get isCut(): boolean {
    return this.damage === undefined && this.#heldBytes > 0
  }

  #entry(message: Buffer): StorageEntry | undefined {
    let key: string | undefined
    let value: Buffer = NOTHING
    for (const field of fieldsOf(message) ?? []) {
      if (typeof field.value === 'number') continue
      if (field.field === 1) key = field.value.toString('latin1')
      else if (field.field === 2) value = field.value
    }
    if (key === undefined) {
      this.#stop('an entry is none')
      return undefined
    }
    if (this.#before !== undefined && key <= this.#before) this.unordered ??= readableKey(key)
    this.#before = key
    return { key, value, bytes: message.length }
  }

  #stop(what: string): void {
    this.damage = `${what}, ${this.#read} bytes from its begin`
    this.#held = []
    this.#heldBytes = 0
  }
}

const NOTHING = Buffer.alloc(0)

/** The key as the server wrote it. */
export const readableKey = (key: string): string => Buffer.from(key, 'latin1').toString('utf8')
