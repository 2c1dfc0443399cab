import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scanChain } from '../harness/journal/chain.ts'
import type { LaneInfo, ProbeData, ProbeEntry } from '../harness/journal/entry.ts'
import { outagesOf } from '../harness/journal/outages.ts'
import { LaneBuilder, type LaneSamples } from '../harness/journal/samples.ts'
import { createAuthority } from '../harness/lib/certificates.ts'
import { NS_PER_MS, type Ns, RunClock } from '../harness/lib/clock.ts'
import { percentile } from '../harness/lib/percentile.ts'
import { Secret } from '../harness/lib/secret.ts'
import { Seed } from '../harness/lib/seed.ts'
import { calibrationErrors, flipUnder } from '../harness/probes/calibration.ts'
import type { FlipPhase, TrueOutage } from '../harness/probes/flip-message.ts'
import { CALIBRATION_SERVERNAME, startProbe } from '../harness/probes/probe.ts'
import { PROBES_FILE, type ProbeTarget } from '../harness/probes/probe-message.ts'
import { LATEST_SEND_MS } from '../harness/probes/schedule.ts'
import { type Measure, ratioOf } from './arms.ts'
import { POLL_EVERY_MS, Poll } from './poll.ts'
import { distribution, tailOf } from './tail.ts'
import type { BenchOptions } from './with-stage.ts'

/**
 * How far from the truth an outage is measured: by the probe's process with its judged lanes, and
 * by the poll that one would write first. Both watch the same server through the same outages,
 * whose instants it knows. Needs no engine.
 */
export async function benchProbe({ n, signal, say }: BenchOptions): Promise<Measure> {
  const directory = mkdtempSync(join(tmpdir(), 'drill-bench-probe-'))
  try {
    const watched = await Promise.race([
      watch(directory, phasesOf(new Seed('bench probe'), n)),
      stopped(signal),
    ])
    const probed = await readProbe(join(directory, PROBES_FILE))
    return measureOf(watched, probed, say)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The lane that `docs/performance.md` speaks of; a run reads every fourth slot of it. */
const READ_HZ = 200
const LANES = { read: 'read', write: 'write' }
/** The last outage has ended and both arms have seen it. */
const LAST_GOOD_MS = 2 * POLL_EVERY_MS

type Watched = { readonly truth: readonly TrueOutage[]; readonly poll: LaneSamples }

async function watch(directory: string, phasesMs: readonly FlipPhase[]): Promise<Watched> {
  const clock = new RunClock()
  const authority = await createAuthority('vault-drill bench')
  const { cert, key } = await authority.issue({
    name: 'calibration',
    dnsNames: [CALIBRATION_SERVERNAME],
    ips: [],
  })
  let poll: Poll | undefined
  const { truth } = await flipUnder(
    { clock, seed: new Seed('bench probe'), certificate: { cert, key }, phasesMs },
    async ({ port, canary }) => {
      const server = { host: '127.0.0.1', port, servername: CALIBRATION_SERVERNAME }
      const balancer: ProbeTarget = { name: 'balancer', ...server }
      const probe = await startProbe({
        clock,
        directory,
        balancer,
        nodes: [],
        ca: authority.ca,
        token: new Secret('bench'),
        prefix: 'rpo/bench',
        canary,
        rates: { read: READ_HZ },
        onDeath: () => {}, // stopping it then fails with its death
      })
      await probe.start()
      const polling = new Poll(
        clock,
        server,
        { ca: authority.ca, servername: server.servername },
        canary.path,
      )
      poll = polling
      const end = async () => {
        await sleep(LAST_GOOD_MS)
        await polling.stop()
        await probe.stop()
        return []
      }
      return { end }
    },
  )
  return { truth, poll: (poll as unknown as Poll).samples() }
}

/**
 * Two outages per repetition at seeded instants, 2 to 5 s long. Of a leader that is killed
 * clients see both: first nothing answers, then connections are reset.
 */
function phasesOf(seed: Seed, repetitions: number): readonly FlipPhase[] {
  return Array.from({ length: repetitions * 2 }, (_, i) => ({
    good: 1_500 + seed.fraction(`${i}/good`) * 1_000,
    bad: 2_000 + seed.fraction(`${i}/bad`) * 3_000,
    how: i % 2 === 0 ? 'reset' : 'hang',
  }))
}

type Probed = {
  readonly lanes: ReadonlyMap<string, LaneSamples>
  /** The read lane as a run has it: every fourth slot. */
  readonly asRun: LaneSamples
  readonly missed: number
  /** Of the read lane: how late each slot was sent. */
  readonly lateMs: readonly number[]
  readonly usage: readonly ProbeData['usage'][]
}

async function readProbe(path: string): Promise<Probed> {
  const lanes = new Map<string, LaneBuilder>()
  let asRun: LaneBuilder | undefined
  let missed = 0
  const lateMs: number[] = []
  const usage: ProbeData['usage'][] = []
  await scanChain(path, (line) => {
    const { kind, data } = line as ProbeEntry
    if (kind === 'lanes') {
      for (const info of data.lanes) {
        lanes.set(info.lane, new LaneBuilder(info))
        if (info.lane === LANES.read) asRun = new LaneBuilder(asInARun(info))
      }
    } else if (kind === 'usage') usage.push(data)
    else if (kind === 'missed') {
      if (data.lane === LANES.read) missed += data.toSlot - data.fromSlot + 1
    } else {
      lanes.get(data.lane)?.add(data)
      if (data.lane !== LANES.read) return
      lateMs.push((data.call - data.intended) / NS_PER_MS)
      if (data.slot % EVERY === 0) asRun?.add(data)
    }
  })
  if (asRun === undefined) throw new Error('the probe recorded no read lane')
  const finished = [...lanes].map(([name, lane]) => [name, lane.finish()] as const)
  return { lanes: new Map(finished), asRun: asRun.finish(), missed, lateMs, usage }
}

/** Of the slots at 200 Hz those that a run's own read lane would send. */
const EVERY = 4

const asInARun = (info: LaneInfo): LaneInfo => ({ ...info, intervalMs: info.intervalMs * EVERY })

const laneOf = ({ lanes }: Probed, name: string): LaneSamples => {
  const lane = lanes.get(name)
  if (lane === undefined) throw new Error(`the probe recorded no ${name} lane`)
  return lane
}

function measureOf({ truth, poll }: Watched, probed: Probed, say: (line: string) => void): Measure {
  const read = laneOf(probed, LANES.read)
  const theirs = scriptErrors(truth, poll)
  const errors = (name: string, lane: LaneSamples): Measure =>
    compared(`error at ${name}`, 'p95 ours : p95 theirs ≤ 0.01', laneErrors(truth, lane), theirs)
  const { more: _none, ...main } = errors(`${READ_HZ} Hz`, read)
  const measures = [
    { ...main, name: 'probe' },
    errors(`${READ_HZ / EVERY} Hz, as runs read`, probed.asRun),
    errors(
      `${1000 / laneOf(probed, LANES.write).info.intervalMs} Hz, as runs write`,
      laneOf(probed, LANES.write),
    ),
    compared('bracket', 'p95 ours : p95 theirs ≤ 0.01', widths(truth, read), widths(truth, poll)),
  ]
  for (const { name, arms } of measures) {
    say(`${name}: ${distribution(arms.ours.name, arms.ours.ms)}`)
    say(`${name}: ${distribution(arms.theirs.name, arms.theirs.ms)}`)
  }
  const [first, ...more] = measures as [Measure, ...Measure[]]
  return { ...first, more: [...more, slots(probed, say), cpu(probed)] }
}

const compared = (
  name: string,
  goal: string,
  ours: readonly number[],
  theirs: readonly number[],
): Measure => ({
  name,
  goal,
  ratio: ratioOf(ours, theirs, (values) => percentile(values, 95)),
  arms: {
    ours: tailOf('the probe', ours),
    theirs: tailOf(`a poll every ${POLL_EVERY_MS} ms`, theirs),
  },
  n: ours.length,
})

/** As a run calibrates itself: the larger error of an outage's two ends, which is the stricter. */
const laneErrors = (truth: readonly TrueOutage[], lane: LaneSamples): readonly number[] =>
  calibrationErrors(
    truth,
    outagesOf(lane).map(({ inner, outer }) => ({
      firstBad: inner.from,
      lastBad: inner.to,
      firstGood: outer.to,
    })),
  )

/** As a script reports it: from the last good answer to the first good one. */
const scriptErrors = (truth: readonly TrueOutage[], poll: LaneSamples): readonly number[] =>
  seen(truth, poll).map(({ from, until, outage }) =>
    Math.abs(lengthMs(outage?.outer) - lengthMs({ from, to: until })),
  )

/** How much longer the outage may have been than it certainly was. */
const widths = (truth: readonly TrueOutage[], lane: LaneSamples): readonly number[] =>
  seen(truth, lane).map(({ outage }) => lengthMs(outage?.outer) - lengthMs(outage?.inner))

function seen(truth: readonly TrueOutage[], lane: LaneSamples) {
  const outages = outagesOf(lane)
  return truth.map(({ from, until }) => ({
    from,
    until,
    outage: outages.find(({ outer }) => outer.from < until && outer.to > from),
  }))
}

const lengthMs = (span: { readonly from: Ns; readonly to: Ns } | undefined): number =>
  span === undefined ? 0 : (span.to - span.from) / NS_PER_MS

/** Slots of the read lane that were sent within the limit, of those that were due. */
function slots({ lateMs, missed }: Probed, say: (line: string) => void): Measure {
  const inTime = lateMs.filter((ms) => ms <= LATEST_SEND_MS).length
  const due = lateMs.length + missed
  const late = lateMs.length - inTime
  say(
    `slots: ${due} due, ${lateMs.length} sent, ${late} of them later than ${LATEST_SEND_MS} ms, ${missed} missed; ${distribution('lateness', lateMs)}`,
  )
  const value = inTime / due
  return {
    name: 'slots sent in time : slots due',
    goal: '≥ 0.99',
    ratio: { value, lo: value, hi: value },
    arms: {
      ours: tailOf('lateness', lateMs.length === 0 ? [0] : [percentile(lateMs, 99)]),
      theirs: tailOf('limit', [LATEST_SEND_MS]),
    },
    n: due,
  }
}

/** All lanes together: 200 reads, 50 writes and 20 fresh reads a second, and their two files. */
function cpu({ usage }: Probed): Measure {
  const used = usage.map(({ cpuMsPerS }) => cpuMsPerS)
  const whole = used.map(() => 1_000)
  return {
    name: 'CPU per second of the whole probe : a core',
    goal: '≤ 0.60',
    ratio: ratioOf(used, whole),
    arms: { ours: tailOf('the probe', used), theirs: tailOf('a core', whole) },
    n: used.length,
  }
}

async function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
