import { join } from 'node:path'
import type { BodyOptions } from './body.ts'
import { messageOf } from './failures.ts'
import { healFault, injectFault, planFault } from './faults/bring-about.ts'
import type { Effect, Fault, FaultPlan } from './faults/fault.ts'
import { UndoBook } from './faults/undo-book.ts'
import type { FaultEvent } from './journal/entry.ts'
import { all } from './lib/all.ts'
import type { Ns } from './lib/clock.ts'
import { milliseconds, seconds } from './lib/duration.ts'
import { isBug, NeverHappened, until } from './lib/until.ts'
import { healBefore } from './undoing.ts'

type Planned = { readonly fault: Fault; readonly event: FaultEvent; readonly plan: FaultPlan }

const WITNESS_WITHIN = seconds(60)

/** The faults of one body: planned, in force, healed, each with its entries in the journal. */
export class Injecting {
  readonly #options: BodyOptions
  readonly #book: UndoBook
  /** Registered before it is injected: a half-injected fault is healed as well. */
  #planned: readonly Planned[] = []
  /** Of these, what is yet to be injected. */
  readonly #waiting = new Set<Planned>()
  #lastEffect: Ns | undefined

  constructor(options: BodyOptions) {
    this.#options = options
    this.#book = new UndoBook(join(options.journal.directory, 'undo'))
  }

  /** When the last fault was proven or healed; `undefined` before the first. */
  get lastEffect(): Ns | undefined {
    return this.#lastEffect
  }

  async plan(faults: readonly Fault[]): Promise<void> {
    const isFirst = this.#lastEffect === undefined && this.#planned.length === 0
    for (const fault of faults) this.#waiting.add(await this.#plan(fault))
    if (isFirst) await this.#options.calm?.()
  }

  /** Plans those that nobody has planned. What fails in one keeps none of the others from being healed. */
  async inject(faults: readonly Fault[]): Promise<readonly Effect[]> {
    const { cluster, journal } = this.#options
    const waiting = new Set([...this.#waiting].map(({ fault }) => fault))
    const unplanned = faults.filter((fault) => !waiting.has(fault))
    if (unplanned.length > 0) await this.plan(unplanned)
    const place = ({ fault }: Planned) => faults.indexOf(fault)
    const chosen = [...this.#waiting]
      .filter((each) => place(each) >= 0)
      .toSorted((a, b) => place(a) - place(b))
    for (const each of chosen) this.#waiting.delete(each)
    journal.record('node.processes', { when: 'fault', nodes: await cluster.processes() })
    return all(chosen.map((each) => this.#inject(each)))
  }

  /** These, the latest first; without any: all. What is not in force yet will never be. */
  async heal(faults: readonly Fault[]): Promise<void> {
    const { cluster, journal } = this.#options
    const isMeant = ({ fault }: Planned) => faults.length === 0 || faults.includes(fault)
    const chosen = this.#planned.filter(isMeant)
    this.#planned = this.#planned.filter((each) => !isMeant(each))
    for (const each of chosen) this.#waiting.delete(each)
    for (const { fault, event, plan } of chosen.toReversed()) {
      const began = journal.clock.now()
      try {
        const residue = await healFault(fault.kind, cluster.docker, plan)
        journal.record('fault.healed', { ...event, residue, began })
        if (residue.length === 0 && !fault.kind.final) this.#book.done(event.fault)
        // What a healing disturbs is watched as long as what a fault does.
        if (!fault.kind.final) this.#lastEffect = journal.clock.now()
      } catch (error) {
        journal.record('fault.stuck', { ...event, why: messageOf(error) })
      }
    }
  }

  /** Latest first. A heal never throws: what could not be undone is journaled as stuck. */
  async healAll(): Promise<void> {
    const { cluster, settles } = this.#options
    if (this.#planned.length > 1) {
      await healBefore(cluster.docker, this.#planned.toReversed(), settles)
    }
    await this.heal([])
  }

  async #plan(fault: Fault): Promise<Planned> {
    const { cluster, journal, seed } = this.#options
    const plan = await planFault(fault, cluster, { seed })
    const { kind } = fault
    const { id, file } = this.#book.write(kind, plan)
    const event: FaultEvent = { fault: id, name: kind.name, target: plan.target }
    const { final, cannotShow } = kind
    journal.record('fault.planned', { ...event, plan, undo: file, final, cannotShow })
    const planned = { fault, event, plan }
    this.#planned = [...this.#planned, planned]
    return planned
  }

  async #inject({ fault: { kind }, event, plan }: Planned): Promise<Effect> {
    const { cluster, journal, seed, signal } = this.#options
    const context = { clock: journal.clock, seed, signal }
    const effect = await injectFault(kind, cluster, plan, context)
    journal.record('fault.injected', { ...event, ...effect })
    this.#lastEffect = Math.max(this.#lastEffect ?? 0, effect.proven)
    try {
      const witness = await until(
        `a witness saw ${kind.name} on ${plan.target}`,
        () => kind.witness(cluster, plan),
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
    return effect
  }
}
