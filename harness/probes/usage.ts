import { cpus } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProbeData } from '../journal/entry.ts'
import { NS_PER_MS } from '../lib/clock.ts'

const RESOLUTION_MS = 10

/** What this process uses, once a second: proof that the probe did not measure itself. */
export class Usage {
  readonly #report: (usage: ProbeData['usage']) => void
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #timer: NodeJS.Timeout | undefined
  #cpu = process.cpuUsage()
  #atMs = performance.now()
  #idleMs = idleOfAll()

  constructor(report: (usage: ProbeData['usage']) => void) {
    this.#report = report
  }

  start(): void {
    this.#cpu = process.cpuUsage()
    this.#atMs = performance.now()
    this.#idleMs = idleOfAll()
    this.#delay.enable()
    this.#timer = setInterval(() => this.#sample(), 1_000)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#delay.disable()
  }

  #sample(): void {
    const { user, system } = process.cpuUsage(this.#cpu)
    const atMs = performance.now()
    const elapsedS = (atMs - this.#atMs) / 1_000
    const idleMs = idleOfAll()
    const hostIdle = (idleMs - this.#idleMs) / (elapsedS * 1_000 * cpus().length)
    this.#idleMs = idleMs
    this.#cpu = process.cpuUsage()
    this.#atMs = atMs
    const loopDelayMs = this.#delay.percentile(99) / NS_PER_MS - RESOLUTION_MS
    this.#delay.reset()
    this.#report({
      cpuMsPerS: rounded((user + system) / 1_000 / elapsedS),
      rssMiB: rounded(process.memoryUsage.rss() / 2 ** 20),
      // The histogram holds whole intervals between two looks; the wanted part is the excess.
      loopDelayP99Ms: rounded(Math.max(0, loopDelayMs)),
      hostIdle: Math.min(1, Math.max(0, Math.round(hostIdle * 1_000) / 1_000)),
    })
  }
}

const idleOfAll = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0)

const rounded = (value: number): number => Math.round(value * 10) / 10
