import { setTimeout as sleep } from 'node:timers/promises'
import type { OperationOutcome } from '../journal/operation.ts'
import { NS_PER_MS, type Ns, type RunClock } from '../lib/clock.ts'
import type { Duration } from '../lib/duration.ts'
import { type Headers, type HttpRequest, HttpTarget, RequestFailed, type Tls } from '../lib/http.ts'
import type { Seed } from '../lib/seed.ts'
import type { Seen } from './outcome.ts'
import { registerDeleted, registerRead, registerWritten } from './register-outcome.ts'
import type { Register, RegisterClass, RegisterPool } from './register-pool.ts'
import { dataPath, numberedValue } from './value.ts'
import { classAt, isStaleAt, type What, whatAt, whichAt } from './workload-mix.ts'
import type { OperationRecorder } from './workload-recorder.ts'

/** Clients that share their registers, and meet on the hot one. */
export const GROUP_SIZE = 4

export type WorkloadClientOptions = {
  /** From 0, over all groups. */
  readonly number: number
  /** The name of its group, and what the group shares. */
  readonly tenant: string
  readonly pool: RegisterPool
  /** Between two operations of this client. */
  readonly intervalMs: number
  readonly deadline: Duration
  readonly clock: RunClock
  readonly seed: Seed
  readonly target: { readonly name: string; readonly host: string; readonly port: number }
  readonly tls: Tls | undefined
  readonly headers: Headers
  readonly recorder: OperationRecorder
}

/**
 * One sequential client: the next operation is sent after the one before has its answer. Its
 * slots stand on an absolute schedule; those that pass while it is busy are left out, because
 * what is judged here is what the answers say and not when they came.
 */
export class WorkloadClient {
  readonly #options: WorkloadClientOptions
  readonly #target: HttpTarget
  readonly #member: number
  readonly #stopping = new AbortController()
  /** The latest version that this client has seen of each register. */
  readonly #seen = new WeakMap<Register, number>()
  #stream: number
  /** What an unanswered change may have changed: to be read before anything else. */
  #owed: Register | undefined
  #done: Promise<void> | undefined

  constructor(options: WorkloadClientOptions) {
    const { number, target, tls, recorder } = options
    this.#options = options
    this.#member = number % GROUP_SIZE
    this.#stream = recorder.newStream()
    this.#target = new HttpTarget(target, { tls, connections: 1 })
  }

  start(firstSlotAt: Ns): void {
    this.#done = this.#run(firstSlotAt)
  }

  /** When the operation under way, if any, has its answer or has passed its deadline. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#done
    await this.#target.close()
  }

  async #run(firstSlotAt: Ns): Promise<void> {
    const { clock, intervalMs, seed, tenant } = this.#options
    let slot = 0
    while (true) {
      const now = clock.now()
      slot = Math.max(slot, Math.floor((now - firstSlotAt) / NS_PER_MS / intervalMs))
      const kind = classAt({ seed, tenant, slot })
      const intended = firstSlotAt + (slot * intervalMs + this.#offsetMs(kind)) * NS_PER_MS
      if (intended >= now) {
        await this.#until(intended)
        if (this.#stopping.signal.aborted) return
        await this.#perform(slot, kind, intended)
      }
      slot++
    }
  }

  /** Only on a hot register do the clients of a group meet; else they take turns. */
  #offsetMs(kind: RegisterClass): number {
    return kind === 'hot' ? 0 : (this.#member * this.#options.intervalMs) / (2 * GROUP_SIZE)
  }

  async #until(at: Ns): Promise<void> {
    const waitMs = (at - this.#options.clock.now()) / NS_PER_MS
    const { signal } = this.#stopping
    await sleep(Math.ceil(Math.max(0, waitMs)), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }

  async #perform(slot: number, kind: RegisterClass, intended: Ns): Promise<void> {
    const { number, pool, seed } = this.#options
    const owed = this.#owed
    const mine = { seed, client: number, slot }
    const register = owed ?? pool.pick(kind, whichAt(mine))
    const what = owed === undefined ? whatAt(mine, kind) : 'read'
    const out = await this.#operate(register, what, slot, intended)
    if (out.t === 'ack' && out.ver !== undefined) this.#seen.set(register, out.ver)
    if (what === 'read') {
      // Nothing learnt: it is still owed, and asking again changes nothing.
      if (out.t !== 'unknown') this.#owed = undefined
    } else if (out.t === 'unknown') {
      this.#owed = register
      this.#stream = this.#options.recorder.newStream()
    }
    // The connection may lead to a node that is nobody's leader any more.
    if (out.t !== 'ack' && out.t !== 'casfail') this.#target.redial()
  }

  async #operate(
    register: Register,
    what: What,
    slot: number,
    intended: Ns,
  ): Promise<OperationOutcome> {
    const { number, tenant, target, recorder, pool } = this.#options
    const { key } = register
    const path = dataPath(key)
    const isWrite = what === 'write' || what === 'cas'
    const i = recorder.next()
    const value = isWrite ? numberedValue(path, i) : undefined
    const cas = what === 'cas' ? this.#expected(register, slot) : undefined
    pool.count(register, isWrite)
    recorder.called({
      i,
      client: number + 1,
      stream: this.#stream,
      tenant,
      key,
      f: what === 'cas' ? 'write' : what,
      ...(value === undefined ? {} : { op: value.op }),
      ...(cas === undefined ? {} : { cas }),
      path: target.name,
      conn: 'keepalive',
      intended,
    })
    const options = cas === undefined ? {} : { options: { cas } }
    const seen = await this.#send(
      isWrite
        ? { method: 'POST', path, body: JSON.stringify({ data: value, ...options }) }
        : { method: what === 'delete' ? 'DELETE' : 'GET', path },
    )
    const ret = this.#options.clock.now()
    const out = outcomeOf(what, seen, path)
    const status = seen instanceof RequestFailed ? {} : { status: seen.status }
    recorder.returned({ i, ret, out, ...status })
    return out
  }

  async #send(request: Pick<HttpRequest, 'method' | 'path' | 'body'>): Promise<Seen> {
    const { headers, deadline: within } = this.#options
    return this.#target.request({ ...request, headers, within }).catch((error: unknown) => {
      if (error instanceof RequestFailed) return error
      throw error
    })
  }

  #expected(register: Register, slot: number): number {
    const { seed, number } = this.#options
    const latest = this.#seen.get(register) ?? 0
    return isStaleAt({ seed, client: number, slot }) ? Math.max(0, latest - 1) : latest
  }
}

function outcomeOf(what: What, seen: Seen, path: string): OperationOutcome {
  switch (what) {
    case 'read':
      return registerRead(seen, path)
    case 'delete':
      return registerDeleted(seen)
    case 'write':
    case 'cas':
      return registerWritten(seen, { cas: what === 'cas' })
  }
}
