/** Splits a start into named parts, in milliseconds, one after another. */
export class Parts {
  readonly #ms: Record<string, number> = {}
  #last = performance.now()

  /** The part that ends now; it began where the one before ended. */
  end(name: string): void {
    const now = performance.now()
    this.#ms[name] = Math.round(now - this.#last)
    this.#last = now
  }

  get ms(): Readonly<Record<string, number>> {
    return { ...this.#ms }
  }
}
