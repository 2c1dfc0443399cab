import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from './cluster/cluster.ts'
import { Inspection } from './cluster/inspection.ts'
import { Node } from './cluster/node.ts'
import type { Fault, FaultPlan } from './faults/fault.ts'
import type { FaultEvent } from './journal/entry.ts'
import type { Journal } from './journal/journal.ts'
import type { Ns } from './lib/clock.ts'
import { type Duration, milliseconds, minutes, seconds } from './lib/duration.ts'
import type { Seed } from './lib/seed.ts'
import { happened, isBug, type Look, NeverHappened, notYet, until } from './lib/until.ts'
import type { Procedure } from './procedures/procedure.ts'

/** What a scenario's body can do. Each verb leaves its entries in the journal. */
export type Verbs = {
  readonly cluster: Cluster
  /** Questions about what the cluster is and holds. */
  readonly inspect: Inspection
  /** Injects the fault and waits for its witness. */
  readonly inject: <P extends FaultPlan>(fault: Fault<P>) => Promise<void>
  readonly perform: <A>(procedure: Procedure<A>, given: A) => Promise<void>
  /** Waits for a fact that has a name a person would say. */
  readonly until: (what: string, look: () => Promise<boolean | Look<unknown>>) => Promise<void>
  /** A choice that the seed makes, the same in every run with it. */
  readonly choose: <T>(purpose: string, from: readonly T[]) => T
  /** Records what is and what should be; the judge compares, the body goes on. */
  readonly check: (title: string, expected: unknown, look: () => Promise<unknown>) => Promise<void>
}

type InForce = { readonly event: FaultEvent; readonly undo: () => Promise<readonly string[]> }

const WITNESS_WITHIN = seconds(60)
const WAIT_WITHIN = minutes(2)

export type BodyOptions = {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly seed: Seed
  /** Stops every wait: the scenario's deadline or the end of the run. */
  readonly signal: AbortSignal
}

/** The verbs of one body, and the faults it has put in force. */
export class Body {
  readonly #options: BodyOptions
  readonly #inForce: InForce[] = []
  #faults = 0
  #lastEffect: Ns | undefined

  constructor(options: BodyOptions) {
    this.#options = options
  }

  /** When the last fault was proven; `undefined` before the first. */
  get lastEffect(): Ns | undefined {
    return this.#lastEffect
  }

  get verbs(): Verbs {
    return {
      cluster: this.#options.cluster,
      inspect: new Inspection(this.#options.cluster),
      inject: (fault) => this.#inject(fault),
      perform: (procedure, given) => this.#perform(procedure, given),
      until: (what, look) => this.waitFor(what, look),
      choose: (purpose, from) => this.#options.seed.pick(purpose, from),
      check: (title, expected, look) => this.#check(title, expected, look),
    }
  }

  /** Latest first. A heal never throws: what could not be undone is journaled as stuck. */
  async healAll(): Promise<void> {
    for (const { event, undo } of this.#inForce.splice(0).reverse()) {
      try {
        const residue = await undo()
        this.#options.journal.record('fault.healed', { ...event, residue })
      } catch (error) {
        this.#options.journal.record('fault.stuck', { ...event, why: messageOf(error) })
      }
    }
  }

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

  async #inject<P extends FaultPlan>(fault: Fault<P>): Promise<void> {
    const { cluster, journal, seed, signal } = this.#options
    const plan = await fault.plan(cluster, seed)
    const event: FaultEvent = {
      fault: `${String(++this.#faults).padStart(2, '0')}-${fault.name}`,
      name: fault.name,
      target: plan.target,
    }
    const undoFile = join('undo', `${event.fault}.json`)
    writeFileSync(
      join(journal.directory, undoFile),
      `${JSON.stringify({ fault: fault.name, final: fault.final, plan }, null, 2)}\n`,
      { flush: true },
    )
    journal.record('fault.planned', { ...event, plan, undo: undoFile, final: fault.final })
    // Registered before it is injected: a half-injected fault is healed as well.
    this.#inForce.push({
      event,
      undo: async () => {
        await fault.heal(cluster.docker, plan)
        return fault.residue(cluster.docker, plan)
      },
    })
    journal.record('node.processes', { when: 'fault', nodes: await cluster.processes() })
    const effect = await fault.inject(cluster, plan, { clock: journal.clock, seed, signal })
    journal.record('fault.injected', { ...event, ...effect })
    this.#lastEffect = effect.proven
    try {
      const witness = await until(
        `a witness saw ${fault.name} on ${plan.target}`,
        () => fault.witness(cluster, plan),
        { within: WITNESS_WITHIN, every: milliseconds(20), signal },
      )
      journal.record('fault.witnessed', { ...event, witness })
    } catch (error) {
      if (isBug(error)) throw error
      signal.throwIfAborted()
      const lastSeen = error instanceof NeverHappened ? error.lastSeen : messageOf(error)
      // The run goes on: the objectives are still worth judging, though none can be met.
      journal.record('fault.unseen', { ...event, lastSeen })
    }
  }

  async #perform<A>({ name, perform }: Procedure<A>, given: A): Promise<void> {
    const { cluster, journal, signal } = this.#options
    const nodes = nodesIn(given)
    journal.record('procedure.started', {
      procedure: name,
      form: 'corrected',
      ...(nodes.length === 0 ? {} : { nodes }),
    })
    await perform(cluster.operator(signal), given, async (title, act) => {
      signal.throwIfAborted()
      journal.record('step.started', { procedure: name, title })
      try {
        const result = await act()
        journal.record('step.ended', { procedure: name, title, outcome: 'done' })
        return result
      } catch (error) {
        const observed = messageOf(error)
        journal.record('step.ended', { procedure: name, title, outcome: 'failed', observed })
        throw error
      }
    })
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

/** Names of the nodes among what a procedure was given. */
const nodesIn = (given: unknown): readonly string[] =>
  Object.values(given ?? {})
    .flat()
    .flatMap((value) => (value instanceof Node ? [value.name] : []))

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
