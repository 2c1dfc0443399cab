import { setTimeout as sleep } from 'node:timers/promises'
import type { Seal } from '../journal/chain.ts'
import { Child, type ChildDied } from '../lib/child.ts'
import type { RunClock } from '../lib/clock.ts'
import { type Duration, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { Seed } from '../lib/seed.ts'
import type { Look } from '../lib/until.ts'
import { calibrationErrors, flipUnder, outagesOf } from './calibration.ts'
import type { ProbeStatus } from './live-status.ts'
import type {
  CalibrationSample,
  Canary,
  FromProbe,
  ProbeRates,
  ProbeTarget,
  ToProbe,
} from './probe-message.ts'
import { StatusNews } from './status-news.ts'

export type ProbeOptions = {
  readonly clock: RunClock
  /** Where `probes.jsonl` and `writes.jsonl` are written. */
  readonly directory: string
  readonly balancer: ProbeTarget
  readonly nodes: readonly ProbeTarget[]
  /** PEM of the run's authority; absent when TLS is off. */
  readonly ca?: string | undefined
  readonly token: Secret
  /** Below the mount `secret`; fresh for every run: `rpo/7f3a`. */
  readonly prefix: string
  readonly canary: Canary
  /** 20 Hz on the judged lanes, for scenarios of more than ten minutes. */
  readonly slow?: boolean
  readonly rates?: Partial<ProbeRates>
  /** The self-test starts a defective probe instead of ours. */
  readonly module?: URL
  /** The probe ended without being told to: from here on nothing is measured. */
  readonly onDeath: (death: ChildDied) => void
}

export type CalibrationOptions = {
  readonly seed: Seed
  /** Of the run's authority for `calibration`; absent when TLS is off. */
  readonly certificate?:
    | { readonly cert: string; readonly key: Secret; readonly ca: string }
    | undefined
}

/** One error per flip, in the order of the flips. */
export type Calibration = { readonly errorsMs: readonly number[]; readonly worstMs: number }

/** The name that the certificate for the calibration has to carry. */
export const CALIBRATION_SERVERNAME = 'calibration'

/**
 * Slower than the 200 Hz that the design aimed at: with TLS and audit OpenBao 2.6.2 spends 3 ms
 * of CPU on a write and each standby 0.7 more, so 200 a second fill two cores and answers take
 * 150 ms (docs/performance.md). The interval of a lane is part of [lo, hi], so nothing is hidden.
 * Reads are as frequent as writes: the service is back when both are, so more would not narrow it.
 */
const RATES: ProbeRates = { write: 50, read: 50, fresh: 20, health: 20 }
const SLOW_RATES: ProbeRates = { ...RATES, write: 20, read: 20 }
const LAST_GOOD_MS = 150
/** One request deadline and what the closing of the files may take. */
const ANSWER_WITHIN = seconds(10)

/**
 * Starts the probe's process and tells it what to watch; it sends nothing before `start()`.
 * @throws {ChildDied} when it does not come up, for example because its files exist already.
 */
export async function startProbe(options: ProbeOptions): Promise<Probe> {
  const { clock, directory, balancer, nodes, ca, token, prefix, canary, slow } = options
  const news = new StatusNews()
  let isUp = false
  const child = new Child<ToProbe, FromProbe>({
    name: 'the probe',
    module: options.module ?? new URL('./probe-process.ts', import.meta.url),
    isUrgent: true,
    onMessage: (message) => {
      if (message.said === 'status') news.publish(message.status)
    },
    onDeath: (death) => {
      news.end(death)
      if (isUp) options.onDeath(death)
    },
  })
  const configuration = {
    clockBase: clock.base.toString(),
    directory,
    balancer,
    nodes,
    ...(ca === undefined ? {} : { ca }),
    token: token.reveal(),
    prefix,
    canary,
    rates: { ...(slow === true ? SLOW_RATES : RATES), ...options.rates },
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
  return new Probe(child, news, clock)
}

/** The running probe as the harness sees it. */
export class Probe {
  readonly pid: number
  readonly #child: Child<ToProbe, FromProbe>
  readonly #news: StatusNews
  readonly #clock: RunClock

  constructor(child: Child<ToProbe, FromProbe>, news: StatusNews, clock: RunClock) {
    this.pid = child.pid
    this.#child = child
    this.#news = news
    this.#clock = clock
  }

  /**
   * Measures its own error on a server that fails twenty times at known instants, about 4 s.
   * It may run while the lanes do, and then includes what they cost.
   */
  async calibrate({ seed, certificate }: CalibrationOptions): Promise<Calibration> {
    const ca = certificate === undefined ? {} : { ca: certificate.ca }
    const watched = await flipUnder(
      { clock: this.#clock, seed, certificate },
      async ({ port, canary }) => {
        const servername = CALIBRATION_SERVERNAME
        const target = { name: 'calibration', host: '127.0.0.1', port, servername }
        await this.#child.ask(
          { do: 'calibrate', target, canary, ...ca },
          { said: 'calibrating', within: ANSWER_WITHIN },
        )
        return { end: () => this.#endCalibration() }
      },
    )
    const errorsMs = calibrationErrors(watched.truth, outagesOf(watched.samples))
    return { errorsMs, worstMs: Math.max(...errorsMs) }
  }

  /** The last good phase lies ahead, and with it the end of the last outage. */
  async #endCalibration(): Promise<readonly CalibrationSample[]> {
    await sleep(LAST_GOOD_MS)
    const { samples } = await this.#child.ask(
      { do: 'end-calibration' },
      { said: 'calibrated', within: ANSWER_WITHIN },
    )
    return samples
  }

  /** All lanes begin. Their first slots lie 20 ms ahead. */
  async start(): Promise<void> {
    await this.#child.ask({ do: 'start' }, { said: 'started', within: ANSWER_WITHIN })
  }

  /** At most 100 ms old; undefined before the first one after `start()`. */
  status(): ProbeStatus | undefined {
    return this.#news.latest
  }

  /** Every new status: ten per second, and at once when a lane turns or a node's health does. */
  onStatus(watcher: (status: ProbeStatus) => void): () => void {
    return this.#news.watch(watcher)
  }

  /**
   * Waits until a status shows the fact.
   * @throws {NeverHappened} when the limit passes; {ChildDied}; the signal's reason.
   */
  async until<T>(
    what: string,
    look: (status: ProbeStatus) => Look<T>,
    wait: { readonly within: Duration; readonly signal?: AbortSignal | undefined },
  ): Promise<T> {
    return this.#news.until(what, look, wait)
  }

  /** Ends the write lane; every write has its outcome in the ledger when this returns. */
  async stopWrites(): Promise<void> {
    await this.#child.ask({ do: 'stop-writes' }, { said: 'writes-stopped', within: ANSWER_WITHIN })
  }

  /** Ends all lanes, closes both files and lets the process end. */
  async stop(): Promise<{ readonly seals: readonly Seal[]; readonly written: number }> {
    this.#child.allowEnd()
    const { seals, written } = await this.#child.ask(
      { do: 'stop' },
      { said: 'stopped', within: ANSWER_WITHIN },
    )
    this.#news.end(new Error('the probe was stopped'))
    await this.#child.gone
    return { seals, written }
  }

  /** At once and without closing the files: what is in them stays readable. */
  async kill(): Promise<void> {
    this.#child.allowEnd()
    this.#child.kill()
    await this.#child.gone
  }
}
