import type { Cluster } from './cluster/cluster.ts'
import type { Seal } from './journal/chain.ts'
import type { Journal } from './journal/journal.ts'
import { type Duration, minutes } from './lib/duration.ts'
import { Load } from './probes/load.ts'
import type { SloSpec } from './probes/load-thresholds.ts'
import type { Traffic } from './probes/traffic.ts'

/** What comes before and after a body: calibration, settling, the stable run. */
const AROUND = minutes(10)

export type LoadingOptions = {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly traffic: readonly Traffic[]
  /** Evaluated by the generators of open models; a closed model is never judged. */
  readonly objectives: readonly SloSpec[]
  /** How long the body may take. */
  readonly limit: Duration
  readonly signal: AbortSignal
  /** Takes the seal of each file of samples. */
  readonly close: (seal: Seal) => void
}

/** The load generators of one scenario, one beside the other. */
export class Loading {
  readonly #loads: readonly Load[]

  private constructor(loads: readonly Load[]) {
    this.#loads = loads
  }

  /** Returns when the first request of each is sent. @throws {LoadFailed} */
  static async start(options: LoadingOptions): Promise<Loading> {
    const { traffic, objectives, limit, ...rest } = options
    const loads: Load[] = []
    const atMost = { ms: limit.ms + AROUND.ms }
    try {
      for (const each of traffic) {
        const own = each.model === 'open' ? objectives : []
        loads.push(await Load.start({ ...rest, traffic: each, objectives: own, atMost }))
      }
    } catch (error) {
      await new Loading(loads).stop().catch(() => {}) // why one did not start is the better message
      throw error
    }
    return new Loading(loads)
  }

  /** Aborted when one of them ends before its time. */
  get alive(): AbortSignal {
    return AbortSignal.any(this.#loads.map(({ alive }) => alive))
  }

  /** Waits until those that have a length of their own have run it. @throws {LoadFailed} */
  async over(signal: AbortSignal): Promise<void> {
    for (const load of this.#loads) if (load.hasLength) await load.over(signal)
  }

  /**
   * Ends them and brings their samples to disk.
   * @throws {LoadFailed} the first failure, after all of them were ended.
   */
  async stop(): Promise<void> {
    const ends = await Promise.allSettled(this.#loads.map((load) => load.stop()))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
