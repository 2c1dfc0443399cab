import type { LoadOperation, ObjectiveSpec } from './journal/entry.ts'
import { type Duration, minutes, seconds } from './lib/duration.ts'
import { samplesNeeded } from './objectives/load-measure.ts'
import { Load, type LoadOptions } from './probes/load.ts'
import type { Traffic } from './probes/traffic.ts'

/** What comes before and after a body: calibration, settling, the stable run. */
const AROUND = minutes(10)

/** Some are late, or dropped. */
const MORE = 1.1

/**
 * How long the loads take to send what their service levels need, of a phase before a fault or after
 * it: a thousand requests for a p99.
 */
export function enoughOf(
  objectives: readonly ObjectiveSpec[],
  traffic: readonly Traffic[],
): Duration {
  const slos = objectives.filter((objective) => objective.kind === 'slo')
  const around = slos.filter(
    ({ phases }) => phases.includes('baseline') || phases.includes('after'),
  )
  const times = around.map((spec) => {
    const perS = traffic
      .filter(({ model, load }) => model === 'open' && [load, undefined].includes(spec.load))
      .reduce((sum, each) => sum + each.ratePerS * shareOf(spec.op, each), 0)
    return perS === 0 ? 0 : (MORE * samplesNeeded(spec)) / perS
  })
  return seconds(Math.max(0, ...times))
}

function shareOf(op: LoadOperation | 'all', { mix }: Traffic): number {
  const whole = Object.values(mix).reduce((sum, share) => sum + share, 0)
  return op === 'all' ? 1 : (mix[op] ?? 0) / whole
}

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
