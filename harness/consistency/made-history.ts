import type { History, Op } from '../journal/history.ts'
import type { OperationOutcome } from '../journal/operation.ts'
import type { ReadOut } from '../journal/read-out.ts'
import type { Ns } from '../lib/clock.ts'
import { MadeOperator } from './made-operator.ts'
import { MadeStore, type Sabotage } from './made-store.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * Made histories of the register workload, for tests and for planted defects. Every operation
 * takes effect at one instant between its call and its return in a store in memory, so a history
 * is linearizable by construction unless the store was sabotaged.
 */

export type MadeOptions = {
  readonly clients: number
  /** Operations in all. */
  readonly operations: number
  /** Registers in use at once; each is given up after `operationsPerKey`. */
  readonly keys: number
  readonly operationsPerKey: number
  readonly tenants: number
  /** Share of the changes whose answer is lost, applied or not. */
  readonly unknownShare: number
  /** Whether every fourth register sees deletes. */
  readonly deletes: boolean
  /** A time in which nothing is applied: calls are refused or stay without an answer. */
  readonly crash: boolean
  /** A snapshot halfway and its restore at three quarters. */
  readonly restore: boolean
  /** Resolution of the stamps: coarse ones give equal timestamps. */
  readonly tickNs: Ns
  readonly nodes: readonly string[]
  readonly sabotage?: Sabotage
}

export type Made = {
  readonly seed: number
  readonly options: MadeOptions
  readonly history: History
  readonly readOuts: readonly ReadOut[]
}

export const MADE_DEFAULTS: MadeOptions = {
  clients: 6,
  operations: 240,
  keys: 4,
  operationsPerKey: 200,
  tenants: 2,
  unknownShare: 0.03,
  deletes: true,
  crash: false,
  restore: false,
  tickNs: 1000,
  nodes: ['vault-1', 'vault-2', 'vault-3'],
}

const START_NS = 1_000_000_000
const MS = 1_000_000
/** More than any tick, so that an operation never ends when it begins. */
const LEAST_LATENCY_NS = 2 * MS

/** Of the crash, as shares of the operations. */
const CRASH_FROM = 0.2
const CRASH_TO = 0.26

/** The same history for the same seed and options. */
export function madeHistory(seed: number, options: Partial<MadeOptions> = {}): Made {
  const all = { ...MADE_DEFAULTS, ...options }
  const world = new MadeWorld(seed, all)
  return { seed, options: all, ...world.run() }
}

type Draft = { -readonly [K in keyof Op]: Op[K] }
type Client = {
  readonly id: number
  stream: number
  at: Ns
  called: Ns
  next: 'call' | 'apply' | 'return'
  op?: Draft
  /** What the return will say; absent until the operation took effect. */
  out?: OperationOutcome
}

class MadeWorld {
  readonly #options: MadeOptions
  readonly #random: Random
  readonly #store: MadeStore
  readonly #ops: Draft[] = []
  readonly #operator: MadeOperator
  readonly #keys: string[] = []
  readonly #inUse: { key: string; left: number }[] = []
  /** Latest version that somebody saw of a register: what a conditional write expects. */
  readonly #seen = new Map<string, number>()
  /** Changes without an answer that take effect later. */
  #lingering: { readonly at: Ns; readonly op: Draft }[] = []
  #streams: number

  constructor(seed: number, options: MadeOptions) {
    this.#options = options
    this.#random = randomFrom(seed)
    this.#store = new MadeStore(tenantOf, options.sabotage)
    this.#operator = new MadeOperator(this.#store, options.operations, options.sabotage)
    this.#streams = options.clients
  }

  run(): { readonly history: History; readonly readOuts: readonly ReadOut[] } {
    const { clients: count, operations, nodes } = this.#options
    const clients: Client[] = []
    for (let id = 1; id <= count; id++) {
      const at = START_NS + this.#random() * 5 * MS
      clients.push({ id, stream: id, at, called: at, next: 'call' })
    }
    for (let at = START_NS; ; ) {
      let client: Client | undefined
      for (const other of clients) {
        const idle = other.next === 'call' && this.#ops.length >= operations
        if (!idle && (client === undefined || other.at < client.at)) client = other
      }
      if (client === undefined) break
      at = client.at
      this.#linger(at)
      if (this.#options.restore) {
        this.#operator.advance(this.#ops.length, this.#stamp(at), this.#keys)
      }
      this.#step(client)
    }
    this.#linger(Number.POSITIVE_INFINITY)
    const ops = [...this.#ops, ...this.#operator.ops].sort((a, b) => a.call - b.call || a.i - b.i)
    const history = { ops, clients: count, operationsPerSecond: 100, pid: 4711, disorder: [] }
    return { history, readOuts: this.#store.readOuts(nodes, this.#keys) }
  }

  #step(client: Client): void {
    const { op } = client
    if (client.next === 'call') {
      client.op = this.#call(client)
      client.called = client.at
      client.at += this.#random() ** 3 * 12 * MS
      client.next = 'apply'
    } else if (client.next === 'apply' && op !== undefined) {
      client.out = this.#take(op, client.at)
      const soonest = client.called + LEAST_LATENCY_NS
      client.at = Math.max(soonest, client.at + this.#random() ** 3 * 12 * MS)
      client.next = 'return'
    } else if (op !== undefined && client.out !== undefined) {
      this.#return(client, op, client.out)
      client.at += LEAST_LATENCY_NS + this.#random() * 6 * MS
      client.next = 'call'
    }
  }

  #call(client: Client): Draft {
    const i = this.#ops.length + 1
    const { key, deletes } = this.#register()
    const kind = this.#random()
    const f = kind < 0.5 ? 'read' : deletes && kind > 0.88 ? 'delete' : 'write'
    const isConditional = f === 'write' && kind > 0.82
    const call = this.#stamp(client.at)
    const op: Draft = {
      i,
      client: client.id,
      stream: client.stream,
      tenant: tenantOf(key),
      key,
      f,
      ...(f === 'write' ? { op: `${i}`.padStart(16, '0') } : {}),
      ...(isConditional ? { cas: this.#seen.get(key) ?? 0 } : {}),
      path: 'balancer',
      conn: 'keepalive',
      intended: call,
      call,
      ret: Number.POSITIVE_INFINITY,
      out: { t: 'unknown', why: 'under way' },
    }
    this.#ops.push(op)
    return op
  }

  /** What the client will be told; the effect, if any, happens here or later. */
  #take(op: Draft, at: Ns): OperationOutcome {
    const isCrashed = this.#isCrashed()
    const luck = this.#random()
    if (isCrashed && luck < 0.5) return { t: 'refused', why: 'ECONNREFUSED' }
    if (isCrashed || luck < this.#options.unknownShare) {
      const fate = this.#random()
      const lateness = fate < 0.3 && !isCrashed ? 0 : LEAST_LATENCY_NS + this.#random() * 60 * MS
      if (op.f !== 'read' && fate < 0.7) this.#lingering.push({ at: at + lateness, op })
      if (lateness === 0) this.#linger(at)
      return { t: 'unknown', why: 'no answer within 1000 ms' }
    }
    return this.#apply(op)
  }

  #apply(op: Draft): OperationOutcome {
    if (op.f === 'read') {
      const { ver, op: val, deleted } = this.#store.read(op.key)
      if (ver === 0) return { t: 'ack', val: null }
      return deleted ? { t: 'ack', ver, deleted: true } : { t: 'ack', ver, val }
    }
    if (op.f === 'delete') {
      this.#store.delete(op.key)
      return { t: 'ack' }
    }
    const id = op.op ?? ''
    const { sabotage } = this.#options
    if (sabotage === 'acknowledge-nothing' && this.#random() < 0.1) {
      return { t: 'ack', ver: this.#store.read(op.key).ver + 1 }
    }
    const ver = this.#store.write(op.key, id, op.cas)
    if (ver === undefined) return { t: 'casfail' }
    if (sabotage !== 'duplicate-apply' || this.#random() > 0.1) return { t: 'ack', ver }
    const again = this.#store.write(op.key, id, op.cas)
    return again === undefined ? { t: 'casfail' } : { t: 'ack', ver: again }
  }

  #return(client: Client, op: Draft, out: OperationOutcome): void {
    op.out = out
    op.ret = this.#stamp(client.at)
    if (out.t === 'ack' && out.ver !== undefined) this.#seen.set(op.key, out.ver)
    if (out.t !== 'unknown') return
    // A client goes on under a new stream: the old operation may be under way for ever.
    this.#streams++
    client.stream = this.#streams
    if (op.f !== 'read') op.ret = Number.POSITIVE_INFINITY
  }

  #linger(until: Ns): void {
    if (this.#lingering.length === 0) return
    const due = this.#lingering.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
    if (due.length === 0) return
    this.#lingering = this.#lingering.filter(({ at }) => at > until)
    for (const { op } of due) this.#apply(op)
  }

  #register(): { readonly key: string; readonly deletes: boolean } {
    const { keys, operationsPerKey, tenants, deletes } = this.#options
    const slot = Math.floor(this.#random() * keys)
    let register = this.#inUse[slot]
    if (register === undefined || register.left === 0) {
      const n = this.#keys.length
      register = { key: `rpo/made/register/t${n % tenants}/${n}`, left: operationsPerKey }
      this.#inUse[slot] = register
      this.#keys.push(register.key)
    }
    register.left--
    return {
      key: register.key,
      deletes: deletes && Number(register.key.split('/').at(-1)) % 4 === 3,
    }
  }

  #isCrashed(): boolean {
    const { crash, operations } = this.#options
    const done = this.#ops.length / operations
    return crash && done >= CRASH_FROM && done < CRASH_TO
  }

  #stamp(at: Ns): Ns {
    return Math.floor(at / this.#options.tickNs) * this.#options.tickNs
  }
}

function tenantOf(key: string): string {
  return key.split('/').at(-2) ?? ''
}
