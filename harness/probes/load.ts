import type { Cluster } from '../cluster/cluster.ts'
import { API_PORT } from '../cluster/topology.ts'
import type { Seal } from '../journal/chain.ts'
import type { Journal } from '../journal/journal.ts'
import type { Duration } from '../lib/duration.ts'
import { seconds } from '../lib/duration.ts'
import { maskSecrets } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { Container } from '../stack/container.ts'
import { Program } from '../stack/program.ts'
import { failureOf, LoadFailed } from './load-failed.ts'
import { ENVIRONMENT, LOAD_PLACES, loadFiles, REQUEST_TIMEOUT_MS } from './load-files.ts'
import { LoadResults, type LoadSummary, samplesOf } from './load-results.ts'
import { LoadSpeech } from './load-speech.ts'
import { furnishTenants } from './load-tenants.ts'
import { expectedThresholds, type SloSpec } from './load-thresholds.ts'
import { LoadUsage } from './load-usage.ts'
import { operationsIn, plannedOf, type Traffic } from './traffic.ts'

/** Its hundred users are ready after a second or two; a busy host takes longer. */
const UNDER_WAY_WITHIN = seconds(60)
/** Requests under way have their time, and the last samples are compressed. */
const ENDS_WITHIN = seconds(30)

export type LoadOptions = {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly traffic: Traffic
  readonly objectives: readonly SloSpec[]
  /** How long it must be ready to go on where it has no length of its own. */
  readonly atMost: Duration
  readonly signal: AbortSignal
  /** Takes the seal of the samples. */
  readonly close: (seal: Seal) => void
  /** Instead of ours; for tests and the self-test. */
  readonly scripts?: Readonly<Record<string, string>>
}

/**
 * One run of k6 in a container on the operator pod, so that its requests take the operator's own
 * link to the balancer: from `load.started` to its samples on disk and `load.ended`.
 */
export class Load {
  readonly #options: LoadOptions
  readonly #container: Container
  readonly #program: Program
  readonly #speech: LoadSpeech
  readonly #results: LoadResults
  readonly #usage: LoadUsage
  readonly #exit: Promise<number>
  readonly #death = new AbortController()
  #isOver = false
  #isStopped = false

  private constructor(
    options: LoadOptions,
    container: Container,
    program: Program,
    speech: LoadSpeech,
    results: LoadResults,
  ) {
    this.#options = options
    this.#container = container
    this.#program = program
    this.#speech = speech
    this.#results = results
    this.#usage = new LoadUsage(program)
    this.#exit = program.ended().then((exitCode) => {
      this.#isOver = true
      this.#unlookedFor(exitCode)
      return exitCode
    })
    this.#exit.catch((error) => this.#death.abort(error))
  }

  /**
   * Furnishes the tenants, starts k6 and returns when its first request is sent.
   * @throws {LoadFailed} when it cannot be started, or ends before that.
   */
  static async start(options: LoadOptions): Promise<Load> {
    const { cluster, journal, traffic, objectives, signal } = options
    const tenants = await furnishTenants(cluster, traffic, signal)
    const durationMs = (traffic.lasts ?? options.atMost).ms
    const { scripts } = options
    const authority = cluster.authority
    const container = await cluster.workplace.generator({
      name: `load-${traffic.load}`,
      command: [
        'run',
        '--quiet',
        '--no-color',
        '--log-format=json',
        `--out=json=${LOAD_PLACES.samples}`,
        LOAD_PLACES.script(traffic.script),
      ],
      env: ENVIRONMENT,
      files: loadFiles({
        ...{ traffic, durationMs, tenants, objectives, authority, scripts },
        port: API_PORT,
      }),
    })
    const program = new Program(cluster.docker.engine, container)
    const speech = new LoadSpeech()
    journal.record('load.started', {
      load: traffic.load,
      script: traffic.script,
      model: traffic.model,
      ...(traffic.model === 'open' ? { ratePerS: traffic.ratePerS } : { users: traffic.users }),
      ...(traffic.documentedPerS === undefined ? {} : { documentedPerS: traffic.documentedPerS }),
      ...(traffic.model === 'open' ? { planned: plannedOf(traffic, durationMs) } : {}),
      tenants: traffic.tenants,
      durationMs,
      timeoutMs: REQUEST_TIMEOUT_MS,
      samples: samplesOf(traffic.load),
      thresholds: expectedThresholds(objectives, operationsIn(traffic)),
      version: cluster.workplace.generatorVersion,
    })
    try {
      await program.start((line) => speech.hear(line))
    } catch (cause) {
      const why = `k6 could not be started: ${(cause as Error).message}`
      await cluster.workplace.dismiss(container)
      throw new LoadFailed(traffic.load, why, { cause })
    }
    const secrets = [tenants.token, ...tenants.roles.map((role) => role.secretId)]
    const results = new LoadResults({ program, container, journal, load: traffic.load, secrets })
    const load = new Load(options, container, program, speech, results)
    try {
      await load.#underWay()
      return load
    } catch (error) {
      await load.stop().catch(() => {}) // why it ended is the better message
      throw error
    }
  }

  /** Whether it ends by itself; else it goes on until it is stopped. */
  get hasLength(): boolean {
    return this.#options.traffic.lasts !== undefined
  }

  /** Aborted when it ends before its time. */
  get alive(): AbortSignal {
    return this.#death.signal
  }

  /** Waits until it has run its own length. @throws {LoadFailed} when it ended otherwise. */
  async over(signal: AbortSignal): Promise<void> {
    const { traffic, atMost } = this.#options
    await until(`the load "${traffic.load}" has run its length`, () => this.#lookForEnd(), {
      within: seconds((traffic.lasts ?? atMost).ms / 1000 + ENDS_WITHIN.ms / 1000),
      signal: AbortSignal.any([signal, this.alive]),
    })
  }

  /**
   * Ends it where it still runs, and brings what it left to disk: samples, summary, log.
   * @throws {LoadFailed} when it did not do what it should; what there is lies on disk then.
   */
  async stop(): Promise<void> {
    const { cluster, journal, traffic, close } = this.#options
    const { load } = traffic
    if (!this.#isOver) {
      this.#isStopped = true
      await this.#usage.stop()
      await this.#program.interrupt()
    }
    const exitCode = await this.#mustEnd()
    await this.#usage.stop()
    const { samples, summary } = await this.#results.keep(close)
    const said = this.#speech.threw ?? this.#speech.complaint
    journal.record('load.ended', {
      load,
      exitCode,
      ...(this.#isStopped ? { stopped: true as const } : {}),
      ...(summary === undefined ? {} : { summary }),
      ...this.#usage.result,
      ...(said === undefined || this.#isStopped ? {} : { said: maskSecrets(said) }),
    })
    await cluster.workplace.dismiss(this.#container)
    const failed =
      failureOf(load, exitCode, { stopped: this.#isStopped, said }) ??
      this.#threw() ??
      (samples.why === undefined ? undefined : new LoadFailed(load, samples.why)) ??
      this.#nothing(summary)
    if (failed !== undefined) throw failed
  }

  async #underWay(): Promise<void> {
    const { signal, traffic } = this.#options
    await until(
      `the load "${traffic.load}" is under way`,
      () => (this.#speech.isUnderWay ? happened(true) : notYet('no request was sent')),
      { within: UNDER_WAY_WITHIN, signal: AbortSignal.any([signal, this.alive]) },
    )
    await this.#usage.start()
  }

  #lookForEnd() {
    return this.#isOver ? happened(true) : notYet('it still runs')
  }

  /** Nobody asked it to end, and its length was not over. */
  #unlookedFor(exitCode: number): void {
    const { load, lasts } = this.#options.traffic
    if (this.#isStopped) return
    const said = this.#speech.threw ?? this.#speech.complaint
    const failed = failureOf(load, exitCode, { stopped: false, said })
    if (failed !== undefined) this.#death.abort(failed)
    else if (lasts === undefined) {
      this.#death.abort(new LoadFailed(load, 'k6 ended before the scenario did'))
    }
  }

  /** It does not end for that, and its exit code is 0. */
  #threw(): LoadFailed | undefined {
    const { threw } = this.#speech
    if (threw === undefined) return undefined
    const why = `the script threw while it ran: ${threw}`
    return new LoadFailed(this.#options.traffic.load, why, { infrastructure: false })
  }

  /** A generator that did nothing ends as well as one that did. */
  #nothing(summary: LoadSummary | undefined): LoadFailed | undefined {
    const { load } = this.#options.traffic
    if (summary === undefined) return new LoadFailed(load, 'k6 wrote no summary')
    return summary.requests === 0 ? new LoadFailed(load, 'k6 sent no request') : undefined
  }

  async #mustEnd(): Promise<number> {
    const { load } = this.#options.traffic
    await until(`the load "${load}" ends`, () => this.#lookForEnd(), { within: ENDS_WITHIN }).catch(
      async (error) => {
        await this.#container.signal('SIGKILL').catch(() => {}) // it has ended meanwhile
        throw error
      },
    )
    return this.#exit
  }
}
