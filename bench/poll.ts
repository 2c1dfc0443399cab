import { setTimeout as sleep } from 'node:timers/promises'
import { LaneBuilder, type LaneSamples } from '../harness/journal/samples.ts'
import type { RunClock } from '../harness/lib/clock.ts'
import { milliseconds } from '../harness/lib/duration.ts'
import { type Address, HttpTarget, type Tls } from '../harness/lib/http.ts'

export const POLL_EVERY_MS = 500
const GIVES_UP_MS = 1_000

/**
 * What one writes first: `while true; do curl --max-time 1 …; sleep 0.5; done`. A connection of
 * its own per request, and the next one only after the answer to the one before.
 */
export class Poll {
  readonly #samples = new LaneBuilder({
    lane: 'poll',
    kind: 'fresh-read',
    judged: false,
    target: 'balancer',
    intervalMs: POLL_EVERY_MS,
    deadlineMs: GIVES_UP_MS,
  })
  readonly #done: Promise<void>
  #goesOn = true

  constructor(clock: RunClock, address: Address, tls: Tls, path: string) {
    const target = new HttpTarget(address, { tls, keepAlive: false })
    this.#done = this.#poll(clock, target, path).finally(() => target.close())
  }

  async #poll(clock: RunClock, target: HttpTarget, path: string): Promise<void> {
    for (let slot = 0; this.#goesOn; slot++) {
      const call = clock.now()
      const ok = await target
        .request({ method: 'GET', path, within: milliseconds(GIVES_UP_MS) })
        .then(
          ({ status }) => status === 200,
          () => false,
        )
      const ret = clock.now()
      this.#samples.add({ lane: 'poll', slot, intended: call, call, ret, ok })
      await sleep(POLL_EVERY_MS)
    }
  }

  async stop(): Promise<void> {
    this.#goesOn = false
    await this.#done
  }

  samples(): LaneSamples {
    return this.#samples.finish()
  }
}
