import type { BodyOptions } from './body.ts'
import { type OperationLog, OperatorNotes } from './cluster/operator-notes.ts'
import { Refusal } from './cluster/refusal.ts'
import { messageOf, noteStep } from './failures.ts'
import { milliseconds } from './lib/duration.ts'
import { type Apart, type ApartOptions, nodesIn, performApart } from './performing-apart.ts'
import {
  type Performed,
  type Procedure,
  type Step,
  tokenIn,
  type Within,
} from './procedures/procedure.ts'

export type PerformOptions = {
  /** Title of a step to leave out: what the procedure is worth without it. */
  readonly omit?: string
  /** Gets what the steps tell the operator. */
  readonly told?: string[]
}

export type Perform = <A>(
  procedure: Procedure<A>,
  given: A,
  options?: PerformOptions,
) => Promise<void>

export type PerformApart = <A>(
  procedure: Procedure<A>,
  given: A,
  options?: ApartOptions,
) => Promise<Apart>

/** Procedures as they are performed: one step after the other, each in the journal. */
export class Performing {
  readonly #options: BodyOptions
  #notes: OperatorNotes | undefined
  readonly #operations = { count: 0 }

  constructor(options: BodyOptions) {
    this.#options = options
  }

  readonly perform: Perform = async (procedure, given, options = {}) => {
    await this.#perform(procedure, given, options)
  }

  async #perform<A>(
    procedure: Procedure<A>,
    given: A,
    { omit, told }: PerformOptions,
    isWithin = false,
  ): Promise<Performed> {
    const { cluster, journal, signal } = this.#options
    const { name, besideOthers = false } = procedure
    const nodes = nodesIn(given)
    const from = journal.record('procedure.started', {
      procedure: name,
      form: 'corrected',
      ...(nodes.length === 0 ? {} : { nodes }),
    })
    // One folder for all of a scenario: a second performance goes on where the first stopped.
    this.#notes ??= new OperatorNotes(this.#options.operatorFolder)
    // What the outer one has claimed is this one's as well.
    const claim = isWithin && !besideOthers ? undefined : this.#notes.claim(name, { besideOthers })
    const operator = cluster.operator(signal, {
      notes: this.#notes,
      log: this.#log,
      token: tokenIn(given),
    })
    const byPeople: string[] = []
    const step: Step = async (title, act, { source, people, tells } = {}) => {
      signal.throwIfAborted()
      const of = { procedure: name, title }
      journal.record('step.started', { ...of, ...(source === undefined ? {} : { source }) })
      if (title === omit) {
        journal.record('step.ended', { ...of, outcome: 'skipped', observed: 'left out' })
        return undefined as never // such a step must give nothing that a later one uses
      }
      try {
        const result = await act()
        const observed = tells?.(result)
        if (people !== undefined) byPeople.push(title)
        if (observed !== undefined) told?.push(observed)
        journal.record('step.ended', {
          ...of,
          outcome: 'done',
          ...(observed === undefined ? {} : { observed }),
          ...(people === undefined ? {} : { declaredHumanMs: people.ms }),
        })
        return result
      } catch (error) {
        const outcome = error instanceof Refusal ? 'refused' : 'failed'
        journal.record('step.ended', { ...of, outcome, observed: messageOf(error) })
        // What was broken off from outside is nobody's failure, however a request says so.
        signal.throwIfAborted()
        noteStep(error, of)
        throw error
      }
    }
    try {
      const rest = told === undefined ? {} : { told }
      const within: Within = (inner, innerGiven) =>
        this.#perform(inner, innerGiven, rest, isWithin || !besideOthers)
      await procedure.perform(operator, given, step, within)
      return { took: milliseconds(journal.clock.elapsedMs(from)), byPeople }
    } finally {
      claim?.release()
    }
  }

  readonly apart: PerformApart = (procedure, given, options = {}) => {
    const { operatorFolder: folder, ...rest } = this.#options
    return performApart(procedure, given, options, {
      ...rest,
      folder,
      operations: this.#operations,
    })
  }

  get #log(): OperationLog {
    const { journal } = this.#options
    return {
      began: async (f, of) => {
        const operation = ++this.#operations.count
        journal.record('operation.began', { operation, f, ...(of === undefined ? {} : { of }) })
        return operation
      },
      ended: (operation, outcome, why) => {
        const told = why === undefined ? {} : { why }
        journal.record('operation.ended', { operation, outcome, ...told })
      },
      custody: (row) => journal.record('custody', row),
    }
  }
}
