import { blameOf } from './blame.ts'
import { FaultUnavailable } from './faults/bring-about.ts'
import type { Journal } from './journal/journal.ts'
import { type Duration, formatDuration } from './lib/duration.ts'
import { LoadFailed } from './probes/load-failed.ts'

/** How a scenario can come to an end before its time, and what the journal says of it. */

/** A step of a procedure, by the names it has in the journal. */
export type FailedStep = { readonly procedure: string; readonly title: string }

/** Scenarios look at the errors of procedures as they are, so where one was met is kept beside it. */
const metIn = new WeakMap<object, FailedStep>()

/** Notes that this error ended a step; of steps within steps the innermost counts. */
export function noteStep(error: unknown, step: FailedStep): void {
  if (error instanceof Error && !metIn.has(error)) metIn.set(error, step)
}

/**
 * A stop by the user is no error, and what the machine did is none of the cluster's. The judge
 * needs to know whether it was the operator who could not go on.
 */
export function recordFailure(journal: Journal, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) journal.record('aborted', { why: messageOf(signal.reason) })
  else if (error instanceof FaultUnavailable) journal.record('skipped', { why: error.message })
  else {
    const step = error instanceof Error ? metIn.get(error) : undefined
    journal.record('error', {
      message: messageOf(error),
      infrastructure: isOfMachine(error, step),
      ...(step === undefined ? {} : { step }),
    })
  }
}

function isOfMachine(error: unknown, step: FailedStep | undefined): boolean {
  if (error instanceof LoadFailed) return error.infrastructure
  return !(error instanceof DeadlinePassed) && blameOf(error, step !== undefined) === 'machine'
}

/** The cluster did not come up; why, in its message. */
export class NoCluster extends Error {
  override readonly name = 'NoCluster'
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/** The body was still busy when its time was up. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
  constructor(limit: Duration) {
    super(`the scenario's body was not done after ${formatDuration(limit)}`)
  }
}

/** The same abort with an error of ours: a `DOMException` prints 25 numeric codes. */
export function withReason(signal: AbortSignal, limit: Duration): AbortSignal {
  const controller = new AbortController()
  signal.addEventListener('abort', () => controller.abort(new DeadlinePassed(limit)), {
    once: true,
  })
  return controller.signal
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
