import type { BodyOptions } from './body.ts'
import { Node } from './cluster/node.ts'
import { type OperationLog, OperatorNotes } from './cluster/operator-notes.ts'
import { Refusal } from './cluster/refusal.ts'
import { type Duration, formatDuration } from './lib/duration.ts'
import type { Procedure, Step } from './procedures/procedure.ts'

export type PerformOptions = {
  /** Title of a step to leave out: what the procedure is worth without it. */
  readonly omit?: string
  /**
   * The operator is gone in the middle: so long after the n-th step began, from 1, or after it if
   * it was quicker. Whoever performs the procedure again finds the operator's folder.
   */
  readonly interrupt?: { readonly step: number; readonly after: Duration }
}

export type Perform = <A>(
  procedure: Procedure<A>,
  given: A,
  options?: PerformOptions,
) => Promise<'done' | 'interrupted'>

/** Procedures as they are performed: one step after the other, each in the journal. */
export class Performing {
  readonly #options: BodyOptions
  #notes: OperatorNotes | undefined
  #operations = 0

  constructor(options: BodyOptions) {
    this.#options = options
  }

  readonly perform: Perform = async (procedure, given, { omit, interrupt } = {}) => {
    const { cluster, journal, signal } = this.#options
    const { name } = procedure
    const nodes = nodesIn(given)
    journal.record('procedure.started', {
      procedure: name,
      form: 'corrected',
      ...(nodes.length === 0 ? {} : { nodes }),
    })
    const gone = new AbortController()
    const own = AbortSignal.any([signal, gone.signal])
    // One folder for all of a scenario: a second performance goes on where the first stopped.
    this.#notes ??= new OperatorNotes(this.#options.operatorFolder)
    const operator = cluster.operator(own, { notes: this.#notes, log: this.#log })
    let begun = 0
    const step: Step = async (title, act, { source, people } = {}) => {
      own.throwIfAborted()
      const of = { procedure: name, title }
      journal.record('step.started', { ...of, ...(source === undefined ? {} : { source }) })
      if (title === omit) {
        journal.record('step.ended', { ...of, outcome: 'skipped', observed: 'left out' })
        return undefined as never // such a step must give nothing that a later one uses
      }
      const isLast = ++begun === interrupt?.step
      try {
        const result = await (isLast ? interrupted(act, interrupt.after, gone) : act())
        const declared = people === undefined ? {} : { declaredHumanMs: people.ms }
        journal.record('step.ended', { ...of, outcome: 'done', ...declared })
        return result
      } catch (error) {
        const outcome = error instanceof Refusal ? 'refused' : 'failed'
        journal.record('step.ended', { ...of, outcome, observed: messageOf(error) })
        throw error
      }
    }
    try {
      await procedure.perform(operator, given, step)
      return 'done'
    } catch (error) {
      if (error instanceof OperatorGone && !signal.aborted) return 'interrupted'
      throw error
    }
  }

  get #log(): OperationLog {
    const { journal } = this.#options
    return {
      began: (f) => {
        const operation = ++this.#operations
        journal.record('operation.began', { operation, f })
        return operation
      },
      ended: (operation, outcome, why) => {
        const told = why === undefined ? {} : { why }
        journal.record('operation.ended', { operation, outcome, ...told })
      },
    }
  }
}

/**
 * What the step has under way ends with its operator: requests are cut off, and may be applied
 * all the same. It is waited for, because what the engine was asked to do it does to the end.
 */
async function interrupted<T>(
  act: () => Promise<T>,
  after: Duration,
  gone: AbortController,
): Promise<T> {
  const timer = setTimeout(() => gone.abort(new OperatorGone(after)), after.ms)
  try {
    const result = await act()
    gone.abort(new OperatorGone(after))
    return result
  } finally {
    clearTimeout(timer)
    gone.signal.throwIfAborted()
  }
}

/** The operator went away in the middle of a step: on purpose. */
export class OperatorGone extends Error {
  override readonly name = 'OperatorGone'
  constructor(after: Duration) {
    super(`the operator was gone ${formatDuration(after)} after the step began`)
  }
}

/** Names of the nodes among what a procedure was given. */
const nodesIn = (given: unknown): readonly string[] =>
  Object.values(given ?? {})
    .flat()
    .flatMap((value) => (value instanceof Node ? [value.name] : []))

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
