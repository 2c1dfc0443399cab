import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { TimeHistogram } from '../lib/histogram.ts'
import type { RawLine } from './lines.ts'
import type { LoadEnded, LoadOperation, LoadPhase, LoadStarted } from './load.ts'
import type { LoadClock } from './load-clock.ts'
import { CurveBuilder, type LoadCurve } from './load-curve.ts'
import { type FailureClass, failureOf, toldBy } from './load-failure.ts'
import { type Gap, UserGaps } from './load-gaps.ts'
import { kindOf, type LoadPoint, pointOf } from './load-line.ts'
import { type LoadSpan, phaseOf } from './load-phases.ts'

/** Requests of one kind that were sent in one phase. */
export type LoadGroup = {
  readonly phase: LoadPhase
  readonly op: LoadOperation
  readonly count: number
  readonly failed: Readonly<Partial<Record<FailureClass, number>>>
  /**
   * What was waited for an answer; a request that failed counts as given up, not as fast. A wrong
   * answer is one that came: it fails, and keeps its own time.
   */
  readonly latency: TimeHistogram
  /** Requests that had to connect first, and the longest that took; `latency` is without it. */
  readonly connected: number
  readonly slowestConnectMs: number
}

/** One load of a record: its samples as distributions, in memory that does not grow with them. */
export type LoadSamples = {
  readonly started: LoadStarted
  readonly startedAt: Ns
  readonly ended?: LoadEnded
  readonly endedAt?: Ns
  readonly spans: readonly LoadSpan[]
  readonly groups: readonly LoadGroup[]
  /** As k6 counts them: every request, failed or of the preparation, by its own duration. */
  readonly counted: ReadonlyMap<string, TimeHistogram>
  readonly requests: number
  readonly iterations: number
  readonly dropped: ReadonlyMap<LoadPhase, number>
  /** First sent and last end; missing without samples. */
  readonly life?: { readonly from: Ns; readonly to: Ns }
  readonly users: number
  /** The longest gaps of each user between good answers. */
  readonly gaps: readonly Gap[]
  readonly curve: LoadCurve
  /** Lines that k6 does not write, or without a time that can be placed. */
  readonly strange: number
  /** Why samples are missing at the end. */
  readonly cut?: string
}

const OPERATIONS: readonly string[] = [
  'read',
  'write',
  'list',
  'delete',
  'login',
] satisfies readonly LoadOperation[]

/** More than any scenario has; a file of somebody else's must not fill the memory. */
const USERS_MAX = 20_000
/** Failed requests whose call has not been told yet. */
const WAITING_MAX = 10_000

type Request = {
  readonly op: LoadOperation
  readonly tenant: string
  readonly end: Ns
  readonly ms: number
  readonly failure: FailureClass | undefined
}

type Building = {
  -readonly [K in keyof LoadGroup]: LoadGroup[K]
} & { failed: Partial<Record<FailureClass, number>> }

export class LoadBuilder {
  readonly #started: LoadStarted
  readonly #startedAt: Ns
  readonly #spans: readonly LoadSpan[]
  readonly #clock: LoadClock
  readonly #groups = new Map<string, Building>()
  readonly #counted = new Map<string, TimeHistogram>()
  readonly #dropped = new Map<LoadPhase, number>()
  readonly #users = new Map<string, UserGaps>()
  readonly #curve: CurveBuilder
  /** A good answer whose time to connect may stand in the next line. */
  #held: { readonly request: Request; readonly time: string } | undefined
  readonly #waiting = new Map<string, Request[]>()
  #waitingCount = 0
  #requests = 0
  #iterations = 0
  #strange = 0
  #from: Ns = Infinity
  #to: Ns = -Infinity

  constructor(
    { started, startedAt, spans }: Pick<LoadSamples, 'started' | 'startedAt' | 'spans'>,
    clock: LoadClock,
  ) {
    this.#started = started
    this.#startedAt = startedAt
    this.#spans = spans
    this.#clock = clock
    this.#curve = new CurveBuilder(startedAt, started.durationMs)
  }

  /** One line of k6's; what it cannot be is counted, never thrown. */
  take(line: RawLine): void {
    const kind = kindOf(line)
    if (kind === 'other') return
    if (kind === 'requests') {
      this.#requests++
      return
    }
    const point = kind === 'garbage' ? undefined : pointOf(line)
    const t = point === undefined ? undefined : this.#clock.place(point.time)
    if (point === undefined || t === undefined) {
      this.#strange++
      return
    }
    if (kind === 'iterations') this.#iterations += point.value
    else if (kind === 'dropped') this.#drop(t, point.value)
    else if (kind === 'request') this.#request(point, t)
    else if (kind === 'blocked') this.#connect(point)
    else if (kind === 'call') this.#called(point, t)
  }

  finish(
    ended: { readonly data: LoadEnded; readonly t: Ns } | undefined,
    cut: string | undefined,
  ): LoadSamples {
    this.#release(0)
    for (const requests of this.#waiting.values()) for (const r of requests) this.#failed(r)
    return {
      started: this.#started,
      startedAt: this.#startedAt,
      ...(ended === undefined ? {} : { ended: ended.data, endedAt: ended.t }),
      spans: this.#spans,
      groups: [...this.#groups.values()],
      counted: this.#counted,
      requests: this.#requests,
      iterations: this.#iterations,
      dropped: this.#dropped,
      ...(this.#from > this.#to ? {} : { life: { from: this.#from, to: this.#to } }),
      users: this.#users.size,
      gaps: [...this.#users.values()].flatMap((user) => user.finish()),
      curve: this.#curve.finish(),
      strange: this.#strange,
      ...(cut === undefined ? {} : { cut }),
    }
  }

  #drop(t: Ns, value: number): void {
    const phase = phaseOf(this.#spans, t)
    this.#dropped.set(phase, (this.#dropped.get(phase) ?? 0) + value)
  }

  #request({ time, value: ms, tags }: LoadPoint, end: Ns): void {
    this.#release(0)
    const { op, tenant = '' } = tags
    this.#count('all', ms)
    if (op === undefined || !OPERATIONS.includes(op)) return
    this.#count(op, ms)
    const failure = failureOf(tags)
    const request: Request = { op: op as LoadOperation, tenant, end, ms, failure }
    if (failure === undefined) this.#held = { request, time }
    else this.#wait(request)
  }

  #count(op: string, ms: number): void {
    const histogram = this.#counted.get(op) ?? new TimeHistogram()
    this.#counted.set(op, histogram)
    histogram.record(ms)
  }

  #connect({ time, value }: LoadPoint): void {
    if (this.#held?.time === time) this.#release(value)
  }

  /** @param connectMs what the request that is held had to wait for its connection */
  #release(connectMs: number): void {
    const request = this.#held?.request
    if (request === undefined) return
    this.#held = undefined
    this.#record(request, request.end - (request.ms + connectMs) * NS_PER_MS, connectMs)
  }

  /**
   * k6 does not say when it sent a request that failed before it was connected: its duration is 0
   * even after a hung handshake. The script's own measure of the call does, in a later line.
   */
  #wait(request: Request): void {
    if (this.#waitingCount >= WAITING_MAX) {
      this.#failed(request)
      return
    }
    const key = `${request.op} ${request.tenant}`
    const queue = this.#waiting.get(key) ?? []
    this.#waiting.set(key, queue)
    queue.push(request)
    this.#waitingCount++
  }

  #called({ value: ms, tags }: LoadPoint, end: Ns): void {
    this.#release(0)
    if (tags.ok !== 'false') return
    if (tags.why === 'wrong') {
      this.#wrong(tags.op, end - ms * NS_PER_MS)
      return
    }
    const key = `${tags.op} ${tags.tenant ?? ''}`
    const request = this.#waiting.get(key)?.shift()
    if (request === undefined) return
    this.#waitingCount--
    const failure = toldBy(request.failure, tags.why)
    this.#record({ ...request, failure }, Math.min(end - ms * NS_PER_MS, request.end), 0)
  }

  /** Of a request that k6 calls good, and that was recorded as one: now it counts as failed. */
  #wrong(op: string | undefined, sent: Ns): void {
    if (op === undefined || !OPERATIONS.includes(op)) return
    const { failed } = this.#group(phaseOf(this.#spans, sent), op as LoadOperation)
    failed.wrong = (failed.wrong ?? 0) + 1
  }

  /** Of a script that does not tell: one that was given up was sent that long before. */
  #failed(request: Request): void {
    const lastedMs = request.failure === 'timeout' ? this.#started.timeoutMs : request.ms
    this.#record(request, request.end - lastedMs * NS_PER_MS, 0)
  }

  #record({ op, tenant, end, ms, failure }: Request, sent: Ns, connectMs: number): void {
    const phase = phaseOf(this.#spans, sent)
    const group = this.#group(phase, op)
    group.count++
    const waitedMs = failure === undefined ? ms : Math.max(ms, this.#started.timeoutMs)
    group.latency.record(waitedMs)
    if (failure !== undefined) group.failed[failure] = (group.failed[failure] ?? 0) + 1
    if (connectMs > CONNECT_MIN_MS) {
      group.connected++
      group.slowestConnectMs = Math.max(group.slowestConnectMs, connectMs)
    }
    this.#curve.add(sent, waitedMs, failure === undefined)
    this.#from = Math.min(this.#from, sent)
    this.#to = Math.max(this.#to, end)
    this.#user(tenant)?.asked(sent, end)
    if (failure === undefined) this.#user(tenant)?.answered(end)
  }

  #user(tenant: string): UserGaps | undefined {
    const known = this.#users.get(tenant)
    if (known !== undefined || this.#users.size >= USERS_MAX) return known
    const user = new UserGaps()
    this.#users.set(tenant, user)
    return user
  }

  #group(phase: LoadPhase, op: LoadOperation): Building {
    const key = `${phase} ${op}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group: Building = {
      phase,
      op,
      count: 0,
      failed: {},
      latency: new TimeHistogram(),
      connected: 0,
      slowestConnectMs: 0,
    }
    this.#groups.set(key, group)
    return group
  }
}

/** Taking a kept-alive connection from the pool costs microseconds. */
const CONNECT_MIN_MS = 0.2
