import { availableParallelism } from 'node:os'
import type { Seal } from '../journal/chain.ts'
import { Child, type ChildDied } from '../lib/child.ts'
import type { RunClock } from '../lib/clock.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { Seed } from '../lib/seed.ts'
import type { ProbeTarget } from './probe-message.ts'
import type { FromWorkload, ToWorkload } from './workload-message.ts'

export type WorkloadOptions = {
  readonly clock: RunClock
  /** Where `ops.jsonl` is written. */
  readonly directory: string
  readonly balancer: ProbeTarget
  /** PEM of the run's authority; absent when TLS is off. */
  readonly ca?: string | undefined
  readonly token: Secret
  /** Below the mount `secret`, as the probe's: the registers lie in `<prefix>/register/`. */
  readonly prefix: string
  readonly seed: Seed
  /** Each four share their registers. */
  readonly clients?: number
  /** Of all clients together, as aimed at; by default what the host's cores allow. */
  readonly operationsPerSecond?: number
  /** Of one operation: without an answer by then a change is unknown. */
  readonly deadline?: Duration
  /** The self-test starts a defective workload instead of ours. */
  readonly module?: URL
  /** The workload ended without being told to. */
  readonly onDeath: (death: ChildDied) => void
}

const CLIENTS = 8
/**
 * An operation costs the host about 3 ms of CPU, all parts together (OpenBao 2.6.2, TLS, audit).
 * Beside the lanes, 50 a second left an eighth of two cores and 100 would leave nothing: then the
 * lanes measure this host, and its gate makes runs inconclusive.
 */
const OPERATIONS_PER_SECOND = availableParallelism() >= 4 ? 100 : 32
const ANSWER_WITHIN = seconds(10)
/** Long enough for a leader without a quorum to step down and say so. */
const DEADLINE = seconds(5)

/**
 * Starts the process of the register workload: sequential clients that read and change shared
 * registers through the balancer, every operation on disk before it is sent. It sends nothing
 * before `start()`.
 * @throws {ChildDied} when it does not come up, for example because its file exists already.
 */
export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const { clock, directory, balancer, ca, token, prefix, seed } = options
  const deadline = options.deadline ?? DEADLINE
  let isUp = false
  const child = new Child<ToWorkload, FromWorkload>({
    name: 'the workload',
    module: options.module ?? new URL('./workload-process.ts', import.meta.url),
    onDeath: (death) => {
      if (isUp) options.onDeath(death)
    },
  })
  const configuration = {
    clockBase: clock.base.toString(),
    directory,
    balancer,
    ...(ca === undefined ? {} : { ca }),
    token: token.reveal(),
    prefix,
    seed: seed.text,
    clients: options.clients ?? CLIENTS,
    operationsPerSecond: options.operationsPerSecond ?? OPERATIONS_PER_SECOND,
    deadlineMs: deadline.ms,
  }
  try {
    await child.ask(
      { do: 'configure', configuration },
      { said: 'configured', within: ANSWER_WITHIN },
    )
  } catch (error) {
    child.kill()
    throw error
  }
  isUp = true
  return new Workload(child, deadline)
}

/** The running workload as the harness sees it. */
export class Workload {
  readonly pid: number
  readonly #child: Child<ToWorkload, FromWorkload>

  readonly #stopWithin: Duration

  constructor(child: Child<ToWorkload, FromWorkload>, deadline: Duration) {
    this.pid = child.pid
    this.#child = child
    this.#stopWithin = milliseconds(deadline.ms + ANSWER_WITHIN.ms)
  }

  /** All clients begin. */
  async start(): Promise<void> {
    await this.#child.ask({ do: 'start' }, { said: 'started', within: ANSWER_WITHIN })
  }

  /**
   * Sends nothing more, waits until every operation under way has its answer or has passed its
   * deadline, closes the file and lets the process end.
   */
  async stop(): Promise<Seal> {
    this.#child.allowEnd()
    const { seal } = await this.#child.ask(
      { do: 'stop' },
      { said: 'stopped', within: this.#stopWithin },
    )
    await this.#child.gone
    return seal
  }

  /** At once and without closing the file: what is in it stays readable. */
  async kill(): Promise<void> {
    this.#child.allowEnd()
    this.#child.kill()
    await this.#child.gone
  }
}
