import { availableParallelism, cpus } from 'node:os'
import type { LoadEnded } from '../journal/load.ts'
import type { Program } from '../stack/program.ts'

const LOOK_EVERY_MS = 1000
/** A question costs the engine some milliseconds, so it is asked less often. */
const ASK_EVERY = 3

type Stamped = { readonly ms: number; readonly atMs: number }

/** What a generator and the whole host use while it runs: whether it had headroom. */
export class LoadUsage {
  readonly #program: Pick<Program, 'cpuMs'>
  readonly #used: Stamped[] = []
  readonly #idle: number[] = []
  #idleBefore: Stamped = { ms: 0, atMs: 0 }
  #timer: NodeJS.Timeout | undefined

  constructor(program: Pick<Program, 'cpuMs'>) {
    this.#program = program
  }

  async start(): Promise<void> {
    this.#idleBefore = idleOfAll()
    await this.#ask()
    let looks = 0
    this.#timer = setInterval(() => {
      this.#look()
      if (++looks % ASK_EVERY === 0) void this.#ask()
    }, LOOK_EVERY_MS)
  }

  /** The last question; to be asked while it still runs. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#ask()
  }

  get result(): Pick<LoadEnded, 'cpuMsPerS' | 'processors' | 'hostIdle'> {
    const [first, last] = [this.#used[0], this.#used.at(-1)]
    const elapsedS = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000
    const used = elapsedS < 1 ? undefined : ((last?.ms ?? 0) - (first?.ms ?? 0)) / elapsedS
    return {
      processors: availableParallelism(),
      ...(used === undefined ? {} : { cpuMsPerS: Math.round(used * 10) / 10 }),
      ...(this.#idle.length === 0 ? {} : { hostIdle: this.#idle }),
    }
  }

  /** A question that fails is one less. */
  async #ask(): Promise<void> {
    const ms = await this.#program.cpuMs().catch(() => undefined)
    if (ms !== undefined) this.#used.push({ ms, atMs: performance.now() })
  }

  #look(): void {
    const now = idleOfAll()
    const share =
      (now.ms - this.#idleBefore.ms) / ((now.atMs - this.#idleBefore.atMs) * cpus().length)
    this.#idleBefore = now
    this.#idle.push(Math.min(1, Math.max(0, Math.round(share * 1000) / 1000)))
  }
}

const idleOfAll = (): Stamped => ({
  ms: cpus().reduce((sum, { times }) => sum + times.idle, 0),
  atMs: performance.now(),
})
