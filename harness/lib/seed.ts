import { createHash, randomBytes } from 'node:crypto'

/**
 * The run's seed. Each purpose draws from a stream of its own, so a new random choice in one
 * place does not shift the choices of another. Replay repeats inputs, not interleavings.
 */
export class Seed {
  readonly text: string

  constructor(text: string = randomBytes(4).toString('hex')) {
    this.text = text
  }

  /** A number in [0, 1), always the same for the same seed and purpose. */
  fraction(purpose: string): number {
    const digest = createHash('sha256').update(`${this.text}/${purpose}`).digest()
    return digest.readUIntBE(0, 6) / 2 ** 48
  }

  pick<T>(purpose: string, from: readonly T[]): T {
    const chosen = from[Math.floor(this.fraction(purpose) * from.length)]
    if (chosen === undefined) throw new RangeError(`nothing to pick from for ${purpose}`)
    return chosen
  }
}
