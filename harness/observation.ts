import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster/cluster.ts'
import { LEDGER_ROOT } from './cluster/furnish.ts'
import type { Seal } from './journal/chain.ts'
import type { Journal } from './journal/journal.ts'
import { all } from './lib/all.ts'
import type { ChildDied } from './lib/child.ts'
import type { Ns } from './lib/clock.ts'
import { type Duration, minutes } from './lib/duration.ts'
import type { Seed } from './lib/seed.ts'
import { CALIBRATION_SERVERNAME, type Probe, startProbe } from './probes/probe.ts'
import { targetAt } from './probes/probe-message.ts'
import { startReadBack } from './probes/read-back.ts'
import { answeredPromptly, goodSince, lasting } from './probes/steadiness.ts'
import { numberedValue } from './probes/value.ts'
import { startWorkload, type Workload } from './probes/workload.ts'
import { readPasses } from './read-passes.ts'
import { writeSecret } from './vault/kv.ts'

/** How long the lanes must have been good before a fault: the baseline it is compared with. */
const STEADY_MS = 5000
/**
 * Beside a load: in their first ten seconds the lanes and clients are compiled and cost half as much
 * again, 0.21 of a core instead of 0.15, which is no baseline of the service. In thirteen runs on
 * two cores 97 % were answered within 141 ms (the median of the runs) in the first four seconds,
 * 65 and 70 in the next ones, and 48 to 52 from the thirteenth second on.
 */
const WARM_UP_MS = 12_000
/** A stable run: this long without a bad answer. */
const HOLD_DOWN_MS = 10_000

/**
 * Of the register workload where a load generator runs as well. With all at their full rates two
 * cores were never idle, no lane was good for long, and 1,496 of 10,850 requests of the load found
 * no free user: whoever watches must not be what is watched.
 */
export const BESIDE_LOAD_PER_S = 8

type Processes = {
  readonly probe: Probe
  readonly workload: Workload
  readonly death: AbortController
}

type Lanes = {
  readonly way?: 'operator' | undefined
  /** 20 Hz, for long runs. */
  readonly slow?: boolean
  /**
   * A load generator runs beside them: both lanes and workload take less. It is to run undisturbed
   * for so long, before a fault and after it.
   */
  readonly besideLoad?: Duration | undefined
}

/**
 * Everything that uses and watches one scenario's cluster from outside: the lanes, the register
 * workload beside them, and the read-back of both.
 */
export class Observation {
  readonly #cluster: Cluster
  readonly #journal: Journal
  readonly #signal: AbortSignal
  readonly #probe: Probe
  readonly #workload: Workload
  /** Ends every wait of the scenario: without both of them nothing is proven. */
  readonly #death: AbortController
  readonly #atLeastMs: number
  #steadySince: Ns | undefined

  private constructor(
    cluster: Cluster,
    journal: Journal,
    signal: AbortSignal,
    { probe, workload, death }: Processes,
    atLeastMs: number,
  ) {
    this.#cluster = cluster
    this.#journal = journal
    this.#signal = AbortSignal.any([signal, death.signal])
    this.#probe = probe
    this.#workload = workload
    this.#death = death
    this.#atLeastMs = atLeastMs
  }

  /** Starts both processes and calibrates the probe; nothing is sent to the cluster yet. */
  static async start(
    cluster: Cluster,
    journal: Journal,
    seed: Seed,
    signal: AbortSignal,
    lanes: Lanes = {},
  ): Promise<Observation> {
    // Only those whose own link is on trial: nodes and read-back are asked directly all the same.
    const clients = lanes.way === 'operator' ? cluster.viaOperator() : cluster
    const { balancer } = clients.probeTargets
    const { nodes, token } = cluster.probeTargets
    const prefix = `${LEDGER_ROOT}/${journal.clock.base.toString(36)}`
    const canaryPath = `${prefix}/canary`
    const value = numberedValue(canaryPath, 0)
    await writeSecret(cluster.viaBalancer(), canaryPath, value, { signal })
    const death = new AbortController()
    const common = {
      clock: journal.clock,
      directory: journal.directory,
      balancer: targetAt(balancer),
      ca: cluster.authority?.ca,
      token,
      prefix,
      onDeath: (died: ChildDied) => death.abort(died),
    }
    const probe = await startProbe({
      ...common,
      nodes: nodes.map(targetAt),
      canary: { path: `/v1/secret/data/${canaryPath}`, hash: value.sha },
      slow: lanes.slow === true || lanes.besideLoad !== undefined,
    })
    const workload = await startWorkload({
      ...common,
      seed,
      ...(lanes.besideLoad !== undefined ? { operationsPerSecond: BESIDE_LOAD_PER_S } : {}),
    }).catch(async (error) => {
      await probe.kill()
      throw error
    })
    const atLeastMs = lanes.besideLoad?.ms ?? 0
    const processes = { probe, workload, death }
    const observation = new Observation(cluster, journal, signal, processes, atLeastMs)
    try {
      const certificate = await cluster.authority?.issue({
        name: CALIBRATION_SERVERNAME,
        dnsNames: [CALIBRATION_SERVERNAME],
        ips: ['127.0.0.1'],
      })
      const calibration = await probe.calibrate({
        seed,
        certificate:
          certificate === undefined || cluster.authority === undefined
            ? undefined
            : { ...certificate, ca: cluster.authority.ca },
      })
      journal.record('calibration', calibration)
      return observation
    } catch (error) {
      await observation.kill()
      throw error
    }
  }

  /** Aborted when one of them dies. */
  get alive(): AbortSignal {
    return this.#death.signal
  }

  /**
   * Starts the lanes and the workload; returns when the cluster is settled and the lanes have been
   * good for a while. A bad answer begins the steady phase anew.
   */
  async steady(): Promise<void> {
    await this.#probe.start()
    await this.#workload.start()
    if (this.#atLeastMs > 0) await sleep(WARM_UP_MS, undefined, { signal: this.#signal })
    const since = await this.#undisturbed(undefined)
    this.#journal.record('gate', await this.#cluster.cleanStart(this.#signal))
    this.#steadySince = await this.#undisturbed(since) // settling may have taken longer
  }

  /**
   * Returns when the lanes are as they were before a fault was prepared: toolboxes that start, and
   * looks from inside the pods, cost a small host a second or two, and that is no outage.
   */
  async calm(): Promise<void> {
    const since = await this.#undisturbed(this.#steadySince)
    if (since !== this.#steadySince) this.#journal.record('phase', { name: 'body' })
    this.#steadySince = since
  }

  /** Returns the start of the steady phase that has lasted long enough. */
  async #undisturbed(begun: Ns | undefined): Promise<Ns> {
    let since = begun
    await this.#probe.until(
      'the lanes are good',
      (status) => {
        const good = goodSince(status)
        if (!good.happened) return good
        const prompt = answeredPromptly(status)
        if (!prompt.happened) return prompt
        if (since === undefined || good.value > since) {
          since = this.#journal.record('phase', { name: 'steady' })
        }
        return lasting(status, since, Math.max(STEADY_MS, this.#atLeastMs))
      },
      { within: { ms: minutes(1).ms + this.#atLeastMs }, signal: this.#signal },
    )
    return since as unknown as Ns
  }

  /**
   * Waits for a stable run on the judged lanes after the last fault; the judge derives it again
   * from the samples.
   */
  async stable(after: Ns | undefined): Promise<void> {
    const holdDownMs = Math.max(HOLD_DOWN_MS, this.#atLeastMs)
    const since = await this.#probe.until(
      'the judged lanes are stable',
      (status) => {
        const good = goodSince(status)
        return good.happened ? lasting(status, Math.max(good.value, after ?? 0), holdDownMs) : good
      },
      { within: minutes(3), signal: this.#signal },
    )
    this.#journal.record('stable', { since })
  }

  /**
   * Ends the lanes and the workload; every change has its outcome on disk after this.
   * @param close takes each file that was closed, also when another's writer is dead.
   */
  async stopLanes(close: (seal: Seal) => void): Promise<void> {
    const probe = this.#probe.stop().then(({ seals }) => seals.forEach(close))
    const workload = this.#workload.stop().then(close)
    try {
      await all([probe, workload])
    } catch (error) {
      await this.kill() // one that does not answer is still there
      throw error
    }
  }

  /** Reads the ledger's writes and the registers back, through the balancer and on every node. */
  async readBack(): Promise<Seal> {
    const { token } = this.#cluster.probeTargets
    const reader = await startReadBack({
      clock: this.#journal.clock,
      directory: this.#journal.directory,
      ca: this.#cluster.authority?.ca,
      token,
      onDeath: (died) => this.#death.abort(died),
    })
    try {
      await readPasses(this.#cluster, reader, this.#signal)
    } catch (error) {
      await reader.kill()
      throw error
    }
    return reader.stop()
  }

  /** At once, for a run that ends before its time; the files stay readable. */
  async kill(): Promise<void> {
    await all([this.#probe.kill(), this.#workload.kill()])
  }
}
