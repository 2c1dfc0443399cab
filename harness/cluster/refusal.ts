import { NeverHappened } from '../lib/until.ts'

/** What a step needs is not so; nothing was changed. Not an error of the step: a safe stop. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** @param options its cause, where what was to be seen could not be asked. */
  constructor(wanted: string, seen: string, options?: ErrorOptions) {
    super(`wanted: ${wanted}; seen: ${seen}; nothing was changed`, options)
  }
}

/**
 * For what a procedure looks at before it changes anything: what is not so by the end of the wait
 * is why it stops.
 */
export async function orRefuse<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof NeverHappened) throw new Refusal(error.what, error.lastSeen)
    throw error
  }
}
