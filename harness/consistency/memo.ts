/**
 * The configurations that the search has been in: which operations are placed, and the state of
 * the register. Two of them may have the same hash, so what is stored is compared in full:
 * taking a new configuration for a known one would leave out the order that explains a history.
 */
export class Memo {
  /** Number of an entry + 1, at the place its hash leads to; 0: free. */
  #table = new Int32Array(SMALLEST)
  /** Entry after entry: its hash, then its words. */
  #pool = new Int32Array(SMALLEST)
  #count = 0
  #words = 0
  #isComparing = true

  /** @param words of a configuration. @param isComparing false is the planted defect. */
  reset(words: number, isComparing: boolean): void {
    // What one large register needed would be cleared again for each small one.
    if (this.#table.length > LARGEST_KEPT) this.#table = new Int32Array(SMALLEST)
    else this.#table.fill(0)
    if (this.#pool.length > LARGEST_KEPT) this.#pool = new Int32Array(SMALLEST)
    this.#count = 0
    this.#words = words
    this.#isComparing = isComparing
  }

  /** Of what it holds. What it has allocated also depends on the searches before. */
  get bytes(): number {
    return this.#count * (this.#words + 1) * Int32Array.BYTES_PER_ELEMENT
  }

  /** Whether the configuration was not there yet. */
  add(hash: number, configuration: Int32Array): boolean {
    const mask = this.#table.length - 1
    const stride = this.#words + 1
    let place = spread(hash) & mask
    for (let entry = this.#table[place]; entry !== 0; entry = this.#table[place]) {
      const at = ((entry as number) - 1) * stride
      if (this.#pool[at] === hash && this.#isSame(at + 1, configuration)) return false
      place = (place + 1) & mask
    }
    this.#append(hash, configuration)
    this.#table[place] = this.#count
    if (this.#count * 2 > this.#table.length) this.#grow()
    return true
  }

  #isSame(at: number, configuration: Int32Array): boolean {
    if (!this.#isComparing) return true
    for (let word = 0; word < this.#words; word++) {
      if (this.#pool[at + word] !== configuration[word]) return false
    }
    return true
  }

  #append(hash: number, configuration: Int32Array): void {
    const stride = this.#words + 1
    const at = this.#count * stride
    if (at + stride > this.#pool.length) {
      const larger = new Int32Array(Math.max(this.#pool.length * 2, at + stride))
      larger.set(this.#pool)
      this.#pool = larger
    }
    this.#pool[at] = hash
    for (let word = 0; word < this.#words; word++) {
      this.#pool[at + 1 + word] = configuration[word] as number
    }
    this.#count++
  }

  #grow(): void {
    this.#table = new Int32Array(this.#table.length * 2)
    const mask = this.#table.length - 1
    const stride = this.#words + 1
    for (let entry = 1; entry <= this.#count; entry++) {
      let place = spread(this.#pool[(entry - 1) * stride] as number) & mask
      while (this.#table[place] !== 0) place = (place + 1) & mask
      this.#table[place] = entry
    }
  }
}

const SMALLEST = 1 << 10
const LARGEST_KEPT = 1 << 18

/** The low bits of a hash choose the place, so all bits have a part in them. */
const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
