/**
 * Columns of numbers that grow, for records with millions of samples: 30 bytes a sample
 * instead of some hundred as objects.
 */

type Numbers =
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>

export class Column<A extends Numbers> {
  readonly #make: (length: number) => A
  #values: A
  #length = 0

  constructor(make: (length: number) => A) {
    this.#make = make
    this.#values = make(1024)
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.#make(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }

  /** The values in the given order of their indexes; without one as they came, uncopied. */
  inOrder(order: Uint32Array | undefined): A {
    if (order === undefined) return this.#values.subarray(0, this.#length) as A
    const sorted = this.#make(order.length)
    for (let i = 0; i < order.length; i++) {
      sorted[i] = this.#values[order[i] as number] as number
    }
    return sorted
  }

  at(index: number): number | undefined {
    return index < this.#length ? this.#values[index] : undefined
  }
}

export const float64 = (): Column<Float64Array<ArrayBuffer>> =>
  new Column((n) => new Float64Array(n))
export const int32 = (): Column<Int32Array<ArrayBuffer>> => new Column((n) => new Int32Array(n))
export const uint16 = (): Column<Uint16Array<ArrayBuffer>> => new Column((n) => new Uint16Array(n))
export const uint8 = (): Column<Uint8Array<ArrayBuffer>> => new Column((n) => new Uint8Array(n))
