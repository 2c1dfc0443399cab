import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, formatDuration, milliseconds } from './duration.ts'

/** What one look at the world gave: the awaited fact with its value, or what was seen instead. */
export type Look<T> =
  | { readonly happened: true; readonly value: T }
  | { readonly happened: false; readonly seen: string }

export const happened = <T>(value: T): Look<T> => ({ happened: true, value })
export const notYet = (seen: string): Look<never> => ({ happened: false, seen })

export type Wait = {
  readonly within: Duration
  /** Pause between two looks. */
  readonly every?: Duration
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks again and again until the fact is there, and gives its value.
 * A look that throws counts as "not yet" and its message as what was seen, except for bugs
 * (`TypeError`, `AssertionError`, …), which no amount of waiting mends.
 * @throws {NeverHappened} when the limit passes; the signal's reason when it is aborted.
 */
export async function until<T>(
  what: string,
  look: () => Look<T> | Promise<Look<T>>,
  { within, every = milliseconds(25), signal }: Wait,
): Promise<T> {
  const startedMs = performance.now()
  let lastSeen = 'nothing yet'
  let cause: unknown
  while (true) {
    signal?.throwIfAborted()
    try {
      const result = await look()
      if (result.happened) return result.value
      lastSeen = result.seen
      cause = undefined
    } catch (error) {
      if (isBug(error)) throw error
      signal?.throwIfAborted()
      lastSeen = error instanceof Error ? error.message : String(error)
      cause = error
    }
    const waitedMs = performance.now() - startedMs
    if (waitedMs >= within.ms)
      throw new NeverHappened(what, milliseconds(waitedMs), lastSeen, cause)
    await sleep(Math.min(every.ms, Math.max(1, within.ms - waitedMs)), undefined, { signal }).catch(
      (error) => {
        signal?.throwIfAborted()
        throw error
      },
    )
  }
}

export class NeverHappened extends Error {
  override readonly name = 'NeverHappened'
  readonly what: string
  readonly waited: Duration
  readonly lastSeen: string

  constructor(what: string, waited: Duration, lastSeen: string, cause?: unknown) {
    super(`"${what}" never happened in ${formatDuration(waited)}; last seen: ${lastSeen}`, {
      cause,
    })
    this.what = what
    this.waited = waited
    this.lastSeen = lastSeen
  }
}

/** A programming error, which must neither be retried nor turned into a verdict. */
export function isBug(error: unknown): boolean {
  return (
    error instanceof ReferenceError ||
    error instanceof SyntaxError ||
    (error instanceof TypeError && error.cause === undefined) ||
    (error instanceof Error && error.name === 'AssertionError')
  )
}
