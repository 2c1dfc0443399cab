import type { ObjectiveSpec } from './journal/entry.ts'
import { type Duration, minutes } from './lib/duration.ts'
import { Load, type LoadOptions } from './probes/load.ts'
import type { Traffic } from './probes/traffic.ts'

/** What comes before and after a body: calibration, settling, the stable run. */
const AROUND = minutes(10)

export type LoadingOptions = Pick<LoadOptions, 'cluster' | 'journal' | 'signal' | 'close'> & {
  /** Of the scenario; those of a load are evaluated by its generator, unless it is a closed model. */
  readonly objectives: readonly ObjectiveSpec[]
  /** How long the body may take. */
  readonly limit: Duration
}

/** The load generators of one scenario. */
export class Loading {
  readonly #options: LoadingOptions
  #loads: Load[] = []

  constructor(options: LoadingOptions) {
    this.#options = options
  }

  /** One beside the other; returns when the first request of each is sent. @throws {LoadFailed} */
  async start(traffic: readonly Traffic[]): Promise<void> {
    for (const each of traffic) this.#loads.push(await this.#load(each))
  }

  /** Aborted when one of those that were started ends before its time. */
  get alive(): AbortSignal {
    return AbortSignal.any(this.#loads.map(({ alive }) => alive))
  }

  /** Waits until those that have a length of their own have run it. @throws {LoadFailed} */
  async over(signal: AbortSignal): Promise<void> {
    for (const load of this.#loads) if (load.hasLength) await load.over(signal)
  }

  /**
   * Starts these beside whatever runs, and returns when each has run its length and its samples
   * are on disk. @throws {LoadFailed}
   */
  async send(traffic: readonly Traffic[], signal: AbortSignal): Promise<void> {
    const own = new Loading(this.#options)
    try {
      await own.start(traffic)
      await own.over(signal)
    } catch (error) {
      await own.stop().catch(() => {}) // why it ended is the better message
      throw error
    }
    await own.stop()
  }

  /**
   * Ends those that were started and brings their samples to disk.
   * @throws {LoadFailed} the first failure, after all of them were ended.
   */
  async stop(): Promise<void> {
    const ends = await Promise.allSettled(this.#loads.splice(0).map((load) => load.stop()))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #load(traffic: Traffic): Promise<Load> {
    const { objectives, limit, ...rest } = this.#options
    const slos = objectives.filter((objective) => objective.kind === 'slo')
    const own = slos.filter(({ load }) => load === undefined || load === traffic.load)
    return Load.start({
      ...rest,
      traffic,
      objectives: traffic.model === 'open' ? own : [],
      atMost: { ms: limit.ms + AROUND.ms },
    })
  }
}
