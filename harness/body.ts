import type { Cluster } from './cluster/cluster.ts'
import { Inspection } from './cluster/inspection.ts'
import type { Node } from './cluster/node.ts'
import type { Block } from './documents/block.ts'
import { messageOf } from './failures.ts'
import type { Effect, Fault } from './faults/fault.ts'
import { Injecting } from './injecting.ts'
import type { Interruption } from './journal/interruption.ts'
import type { Journal } from './journal/journal.ts'
import type { Ns } from './lib/clock.ts'
import { type Duration, formatDuration, milliseconds, minutes } from './lib/duration.ts'
import type { Seed } from './lib/seed.ts'
import { happened, isBug, type Look, NeverHappened, notYet, until } from './lib/until.ts'
import { type Cell, type CellOptions, interrupt, type StepTimes } from './matrix.ts'
import { type Perform, type PerformApart, Performing } from './performing.ts'
import type { Traffic } from './probes/traffic.ts'
import { typeAt } from './typing.ts'

/** What a scenario's body can do. Each verb leaves its entries in the journal. */
export type Verbs = {
  readonly cluster: Cluster
  /** Questions about what the cluster is and holds. */
  readonly inspect: Inspection
  /**
   * Plans the faults and waits until that has left no trace in the service, so that injecting
   * these very ones later takes place at the instant that the body chose. The target is chosen now.
   */
  readonly plan: (...faults: readonly Fault[]) => Promise<void>
  /**
   * Injects the faults, one beside the other, and waits for the witness of each; gives the
   * instants of their effects.
   */
  readonly inject: (...faults: readonly Fault[]) => Promise<readonly Effect[]>
  /** Heals these faults now, the latest first; without any: all that are in force. */
  readonly heal: (...faults: readonly Fault[]) => Promise<void>
  /** Lets a state last: a fault that would be gone at once shows little. */
  readonly dwell: (what: string, length: Duration) => Promise<void>
  /** Records whether this was so at every look of that time; the judge compares. */
  readonly holds: (
    title: string,
    length: Duration,
    look: () => Promise<boolean | Look<unknown>>,
  ) => Promise<void>
  /** Performs a procedure of the runbook as the operator, step by step. */
  readonly perform: Perform
  /** The same by a process of its own, which can be killed, and the world with it. */
  readonly performApart: PerformApart
  /** Lives through one cell of the matrix "step × interruption", and records what became of it. */
  readonly interrupt: <A>(cell: Cell, given: A, options?: CellOptions) => Promise<Interruption>
  /** Types a block of a document as it stands, at a node's shell; each step's outcome is recorded. */
  readonly type: (block: Block, at?: Node) => Promise<void>
  /** Waits for a fact that has a name a person would say. */
  readonly until: (what: string, look: () => Promise<boolean | Look<unknown>>) => Promise<void>
  /**
   * How long a part of it lasts, as the scenario or whoever runs it has it.
   * @throws {RangeError} when the scenario has no such length.
   */
  readonly length: (name: string) => Duration
  /** Waits until the load has run the length that it has of its own. */
  readonly loaded: () => Promise<void>
  /** Lets generators send this, one beside the other, each for the length that it has of its own. */
  readonly send: (...loads: readonly Traffic[]) => Promise<void>
  /** Keeps what was found where nothing is promised. */
  readonly note: (text: string) => void
  /** A choice that the seed makes, the same in every run with it. */
  readonly choose: <T>(purpose: string, from: readonly T[]) => T
  /** Records what is and what should be; the judge compares, the body goes on. */
  readonly check: (title: string, expected: unknown, look: () => Promise<unknown>) => Promise<void>
}

const WAIT_WITHIN = minutes(2)

export type BodyOptions = {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly seed: Seed
  /** Where whoever performs procedures keeps their files; never below the reports. */
  readonly operatorFolder: string
  /** Stops every wait: the scenario's deadline or the end of the run. */
  readonly signal: AbortSignal
  readonly lengths?: Readonly<Record<string, Duration>>
  /** Waits until preparing the first fault has left no trace in the service. */
  readonly calm?: () => Promise<void>
  readonly loaded?: () => Promise<void>
  readonly send?: (loads: readonly Traffic[]) => Promise<void>
  /** How long what a healing starts may take to end again. */
  readonly settles?: Duration
}

/** The verbs of one body. */
export class Body {
  readonly #options: BodyOptions
  readonly #injecting: Injecting
  readonly #performing: Performing
  readonly #times: StepTimes = new Map()
  readonly #inspect: Inspection

  constructor(options: BodyOptions) {
    this.#options = options
    this.#injecting = new Injecting(options)
    this.#performing = new Performing(options)
    const { cluster, journal, operatorFolder } = options
    this.#inspect = new Inspection(cluster, journal.clock, operatorFolder)
  }

  /** When the last fault was proven or healed; `undefined` before the first. */
  get lastEffect(): Ns | undefined {
    return this.#injecting.lastEffect
  }

  get verbs(): Verbs {
    const { cluster, journal } = this.#options
    return {
      cluster,
      inspect: this.#inspect,
      plan: (...faults) => this.#injecting.plan(faults),
      inject: (...faults) => this.#injecting.inject(faults),
      heal: (...faults) => this.#injecting.heal(faults),
      dwell: (what, length) => this.#dwell(what, length),
      holds: (title, length, look) => this.#holds(title, length, look),
      perform: this.#performing.perform,
      performApart: this.#performing.apart,
      interrupt: async (cell, given, options) => {
        const interruption = await interrupt(this.verbs, cell, given, options, this.#times)
        journal.record('interruption', interruption)
        return interruption
      },
      type: (block, at) => typeAt(this.#options, block, at),
      until: (what, look) => this.waitFor(what, look),
      length: (name) => this.#length(name),
      loaded: async () => this.#options.loaded?.(),
      send: async (...loads) => this.#options.send?.(loads),
      note: (text) => journal.record('note', { text }),
      choose: (purpose, from) => this.#options.seed.pick(purpose, from),
      check: (title, expected, look) => this.#check(title, expected, look),
    }
  }

  /** Latest first. A heal never throws: what could not be undone is journaled as stuck. */
  healAll = (): Promise<void> => this.#injecting.healAll()

  /** Ends what the body has started beside the cluster, whatever it is doing. */
  end = (): Promise<void> => this.#inspect.end()

  async waitFor(
    what: string,
    look: () => Promise<boolean | Look<unknown>>,
    within: Duration = WAIT_WITHIN,
  ): Promise<void> {
    const { journal, signal } = this.#options
    const startedAt = journal.record('wait.started', { what, limitMs: within.ms })
    const asLook = async () => {
      const result = await look()
      if (typeof result !== 'boolean') return result
      return result ? happened(true) : notYet('not so')
    }
    try {
      await until(what, asLook, { within, every: milliseconds(50), signal })
      journal.record('wait.happened', { what, waitedMs: journal.clock.elapsedMs(startedAt) })
    } catch (error) {
      const lastSeen = error instanceof NeverHappened ? error.lastSeen : messageOf(error)
      const waitedMs = journal.clock.elapsedMs(startedAt)
      journal.record('wait.expired', { what, waitedMs, lastSeen })
      throw error
    }
  }

  #length(name: string): Duration {
    const length = this.#options.lengths?.[name]
    if (length === undefined) throw new RangeError(`the scenario has no length "${name}"`)
    return length
  }

  async #dwell(what: string, length: Duration): Promise<void> {
    const { journal } = this.#options
    const from = journal.clock.now()
    const look = async () => {
      const left = length.ms - journal.clock.elapsedMs(from)
      return left <= 0 ? happened(true) : notYet(`${Math.ceil(left)} ms are left`)
    }
    await this.waitFor(what, look, milliseconds(length.ms + 5000))
  }

  async #holds(
    title: string,
    length: Duration,
    look: () => Promise<boolean | Look<unknown>>,
  ): Promise<void> {
    const { journal } = this.#options
    const from = journal.clock.now()
    let broken: string | undefined
    await this.waitFor(
      `${title}, for ${formatDuration(length)}`,
      async () => {
        const result = await look().catch((error) => {
          if (isBug(error)) throw error
          return notYet(messageOf(error))
        })
        const lasted = journal.clock.elapsedMs(from)
        if (result !== true && (result === false || !result.happened)) {
          const seen = result === false ? 'not so' : result.seen
          broken = `after ${formatDuration(milliseconds(Math.round(lasted)))}: ${seen}`
          return happened(false)
        }
        return lasted >= length.ms ? happened(true) : notYet('it holds so far')
      },
      milliseconds(length.ms + 30_000),
    )
    await this.#check(title, 'always', async () => broken ?? 'always')
  }

  async #check(title: string, expected: unknown, look: () => Promise<unknown>): Promise<void> {
    this.#options.signal.throwIfAborted()
    const observed = await look().catch((error) => {
      if (isBug(error)) throw error
      return `error: ${messageOf(error)}`
    })
    this.#options.journal.record('check', { title, expected, observed })
  }
}
