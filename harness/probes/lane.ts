import type { LaneInfo, ProbeData } from '../journal/entry.ts'
import { NS_PER_MS, type Ns, type RunClock } from '../lib/clock.ts'
import { milliseconds } from '../lib/duration.ts'
import { type HttpRequest, HttpTarget, RequestFailed, type Tls } from '../lib/http.ts'
import type { Seen } from './outcome.ts'
import type { Scheduled, Slot } from './schedule.ts'

export type Sample = ProbeData['sample']

/** What a lane asks and how it tells good from bad. */
export type Question = {
  /** Called when the slot's time has come, before the send time is taken. */
  readonly ask: () => Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'> & {
    readonly n?: number
  }
  readonly judge: (seen: Seen, asked: { n?: number; call: Ns; ret: Ns }) => Judged
}

export type Judged = { readonly ok: boolean; readonly status?: number; readonly why?: string }

export type LaneOptions = {
  readonly info: LaneInfo
  readonly clock: RunClock
  readonly address: { readonly host: string; readonly port: number }
  readonly tls: Tls | undefined
  readonly question: Question
  readonly onSample: (sample: Sample) => void
  readonly onMissed: (missed: ProbeData['missed']) => void
}

/**
 * One series of requests to one target. Kept-alive connections are dialled anew at the next
 * slot after a failure, because an old one may lead to a dead node for ever; failures of
 * connections that were given up already do not count, or the hung requests of an outage would
 * make every slot of the second after it pay a handshake.
 */
export class Lane implements Scheduled {
  readonly info: LaneInfo
  readonly intervalMs: number
  readonly offsetMs: number
  readonly #options: LaneOptions
  readonly #target: HttpTarget
  readonly #underWay = new Set<Promise<void>>()
  #generation = 0
  #failed = false

  constructor(options: LaneOptions) {
    const { info, address, tls } = options
    this.info = info
    this.intervalMs = info.intervalMs
    this.offsetMs = info.offsetMs ?? 0
    this.#options = options
    this.#target = new HttpTarget(address, {
      tls,
      // Every slot of one deadline may be under way at once; none may wait for another.
      connections: Math.ceil(info.deadlineMs / info.intervalMs) * 2 + 8,
      keepAlive: info.kind !== 'fresh-read',
    })
  }

  send(slot: Slot): void {
    if (this.#failed) {
      this.#failed = false
      this.#generation++
      this.#target.redial()
    }
    const exchange = this.#exchange(slot).finally(() => this.#underWay.delete(exchange))
    this.#underWay.add(exchange)
  }

  missed(fromSlot: number, toSlot: number): void {
    this.#options.onMissed({ lane: this.info.lane, fromSlot, toSlot })
  }

  /** When every request under way has its answer or has passed its deadline. */
  async drained(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async close(): Promise<void> {
    await this.#target.close()
  }

  async #exchange({ slot, intended }: Slot): Promise<void> {
    const { clock, question, onSample } = this.#options
    const { lane, deadlineMs } = this.info
    const generation = this.#generation
    const { n, ...request } = question.ask()
    const call = clock.now()
    const seen = await this.#target
      .request({ ...request, within: milliseconds(deadlineMs) })
      .catch((error: unknown) => {
        if (error instanceof RequestFailed) return error
        throw error
      })
    const ret = clock.now()
    const asked = n === undefined ? { call, ret } : { n, call, ret }
    const judged = question.judge(seen, asked)
    const inTime = ret - call <= deadlineMs * NS_PER_MS
    const result = inTime || !judged.ok ? judged : { ...judged, ok: false, why: 'too late' }
    if (!result.ok && generation === this.#generation) this.#failed = true
    const number = n === undefined ? {} : { n }
    onSample({ lane, slot, intended, call, ret, ...result, ...number })
  }
}
