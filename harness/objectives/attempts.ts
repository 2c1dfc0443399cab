import type { Gate } from './gate.ts'
import type { Cause } from './objective.ts'
import type { VerdictWord } from './verdict.ts'

/**
 * Derivations that may fail on a record that nobody foresaw. What fails is remembered: the rest
 * is still told, but nothing is believed.
 */
export class Attempts {
  readonly #failures: string[] = []

  /** What `derive` gives, or `otherwise` when it throws. */
  to<T>(what: string, derive: () => T, otherwise: T): T {
    try {
      return derive()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#failures.push(`${what} could not be derived: ${message}`)
      return otherwise
    }
  }

  /** One that does not hold, if anything failed so far. */
  gates(): readonly Gate[] {
    const [first] = this.#failures
    if (first === undefined) return []
    const more = this.#failures.length > 1 ? ` (and ${this.#failures.length - 1} more)` : ''
    return [{ id: 'judge', kind: 'soundness', guards: [], held: false, reason: `${first}${more}` }]
  }

  /** No way leads from an exception to a pass. */
  believe<
    C extends { readonly verdict: VerdictWord; readonly cause?: Cause; readonly why: string },
  >(
    conclusion: C,
  ): C | { readonly verdict: 'inconclusive'; readonly cause: 'assumption'; readonly why: string } {
    const [first] = this.#failures
    const { verdict, cause } = conclusion
    // What could not be read may look as if nothing had happened.
    const isBelieved = verdict !== 'passed' && cause !== 'vacuous'
    return first === undefined || isBelieved
      ? conclusion
      : { verdict: 'inconclusive', cause: 'assumption', why: first }
  }
}
