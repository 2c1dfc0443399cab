import { Child } from '../lib/child.ts'
import { NS_PER_MS, type Ns, type RunClock } from '../lib/clock.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { Seed } from '../lib/seed.ts'
import type { FlipPhase, FromFlipServer, ToFlipServer, TrueOutage } from './flip-message.ts'
import type { CalibrationSample, Canary } from './probe-message.ts'

/**
 * How far the probe's outages lie from the truth. A server in a process of its own fails and
 * mends at known times while the probe watches it with the code of its judged lanes.
 */

/** The fewest of which 95 % are not all. */
const FLIPS = 20
const GOOD_MS = 80
const BAD_MS = 70
/** A random part of each phase, so that the flips fall anywhere between two slots. */
const SPREAD_MS = 50
const ANSWER_WITHIN = seconds(10)

/** Starts the server, lets it flip while `watch` is under way, and gives both views. */
export async function flipUnder(
  { clock, certificate, ...how }: FlipOptions,
  watch: (server: { readonly port: number; readonly canary: Canary }) => Promise<Watched>,
): Promise<{ truth: readonly TrueOutage[]; samples: readonly CalibrationSample[] }> {
  const child = new Child<ToFlipServer, FromFlipServer>({
    name: 'the calibration server',
    module: new URL('./flip-process.ts', import.meta.url),
    isUrgent: true,
    onDeath: () => {}, // every question to it then fails with its death
  })
  try {
    const clockBase = clock.base.toString()
    const secured =
      certificate === undefined
        ? {}
        : { certificate: { cert: certificate.cert, key: certificate.key.reveal() } }
    const server = await child.ask(
      { do: 'listen', clockBase, ...secured },
      { said: 'listening', within: ANSWER_WITHIN },
    )
    const { end } = await watch(server)
    const phasesMs = how.phasesMs ?? phases(how.seed)
    const { outages } = await child.ask(
      { do: 'flip', phasesMs },
      { said: 'flipped', within: lengthOf(phasesMs) },
    )
    return { truth: outages, samples: await end() }
  } finally {
    child.allowEnd()
    child.kill()
    await child.gone
  }
}

export type FlipOptions = {
  readonly clock: RunClock
  readonly seed: Seed
  readonly certificate?: { readonly cert: string; readonly key: Secret } | undefined
  /** Being good and being bad by turns; absent: the short flips of a calibration. */
  readonly phasesMs?: readonly FlipPhase[]
}

/** The watcher has seen the server good; `end` gives what it has seen since. */
export type Watched = { readonly end: () => Promise<readonly CalibrationSample[]> }

const lengthOf = (phasesMs: readonly FlipPhase[]): Duration =>
  milliseconds(ANSWER_WITHIN.ms + phasesMs.reduce((sum, { good, bad }) => sum + good + bad, 0))

function phases(seed: Seed): FlipPhase[] {
  return Array.from({ length: FLIPS }, (_, flip) => ({
    good: GOOD_MS + seed.fraction(`calibration/${flip}/good`) * SPREAD_MS,
    bad: BAD_MS + seed.fraction(`calibration/${flip}/bad`) * SPREAD_MS,
  }))
}

export type MeasuredOutage = {
  /** Send times of the first and the last bad sample. */
  readonly firstBad: Ns
  readonly lastBad: Ns
  /** Of the good sample after it: when its answer was complete. */
  readonly firstGood: Ns
}

/** Every unbroken row of bad samples that a good one ended, in order of their send times. */
export function outagesOf(samples: readonly CalibrationSample[]): MeasuredOutage[] {
  const outages: MeasuredOutage[] = []
  let open: { firstBad: Ns; lastBad: Ns } | undefined
  for (const { call, ret, ok } of samples.toSorted((a, b) => a.call - b.call)) {
    if (!ok) open = { firstBad: open?.firstBad ?? call, lastBad: call }
    else if (open !== undefined) {
      outages.push({ ...open, firstGood: ret })
      open = undefined
    }
  }
  return outages
}

/**
 * One error per true outage, in milliseconds: the larger of those of its two ends. The end is
 * taken where the verdict takes it, at the answer of the first good sample, not at the middle
 * of what is possible. An outage that was not seen is wrong by its whole length.
 */
export function calibrationErrors(
  truth: readonly TrueOutage[],
  measured: readonly MeasuredOutage[],
): number[] {
  return truth.map(({ from, until }) => {
    const seen = measured.find(({ firstBad, firstGood }) => firstBad < until && firstGood > from)
    if (seen === undefined) return (until - from) / NS_PER_MS
    const start = Math.abs(seen.firstBad - from)
    const end = Math.abs(seen.firstGood - until)
    return Math.max(start, end) / NS_PER_MS
  })
}
