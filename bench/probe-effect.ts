import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { Cluster } from '../harness/cluster/cluster.ts'
import { LEDGER_ROOT } from '../harness/cluster/furnish.ts'
import { Journal } from '../harness/journal/journal.ts'
import { RunClock, wallClockMs } from '../harness/lib/clock.ts'
import { milliseconds, seconds } from '../harness/lib/duration.ts'
import { median, percentile } from '../harness/lib/percentile.ts'
import { Seed } from '../harness/lib/seed.ts'
import { happened, until } from '../harness/lib/until.ts'
import { BESIDE_LOAD_PER_S } from '../harness/observation.ts'
import { Load } from '../harness/probes/load.ts'
import { startProbe } from '../harness/probes/probe.ts'
import { targetAt } from '../harness/probes/probe-message.ts'
import { steadyBesideLanes } from '../harness/probes/traffic.ts'
import { numberedValue } from '../harness/probes/value.ts'
import { startWorkload } from '../harness/probes/workload.ts'
import { writeSecret } from '../harness/vault/kv.ts'
import { type Measure, ratioOf } from './arms.ts'
import { type BenchOptions, withStage } from './with-stage.ts'

/**
 * What the observers cost those who are observed: the load of such a run goes on all the while, and
 * in turns there is nobody beside it, the probe with its lanes as they are beside a load, and the
 * probe with the register workload. Only whole windows count, without the moments in which a process starts.
 */
export function benchProbeEffect(options: BenchOptions): Promise<Measure> {
  return withStage(
    options,
    async (stage) => {
      const { product, signal, say } = options
      const cluster = await stage.cluster({ product, multiplier: 1, tls: true }, signal)
      const directory = mkdtempSync(join(tmpdir(), 'drill-bench-probe-effect-'))
      try {
        return measureOf(await windowsOf(cluster, directory, options), say)
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
    ['k6'],
  )
}

const ARMS = ['nobody', 'probe', 'probe and workload'] as const
type Arm = (typeof ARMS)[number]

/** At 60 requests a second some 480 of them: p95 is the 24th from the top. */
const WINDOW_MS = 8000
/** A process has started, dialled and warmed up. */
const SETTLE_MS = 2500
/** The generator's hundred users make their connections. */
const WARM_UP_MS = 8000

type Window = { readonly arm: Arm; readonly fromMs: number; readonly toMs: number }
type Seen = Window & { readonly latenciesMs: number[]; failed: number }

async function windowsOf(
  cluster: Cluster,
  directory: string,
  { n, signal, say }: BenchOptions,
): Promise<readonly Seen[]> {
  const clock = new RunClock()
  const journal = new Journal(directory, clock)
  const lasts = milliseconds(WARM_UP_MS + n * ARMS.length * (WINDOW_MS + 2 * SETTLE_MS))
  const load = await Load.start({
    cluster,
    journal,
    traffic: { ...steadyBesideLanes(), lasts },
    objectives: [],
    atMost: lasts,
    signal,
    close: () => {},
  })
  const windows: Window[] = []
  try {
    await sleep(WARM_UP_MS, undefined, { signal })
    for (let i = 0; i < n; i++) {
      for (const arm of ARMS) {
        const observers = await observe(cluster, join(directory, `${i}-${arm}`), arm, clock)
        await sleep(SETTLE_MS, undefined, { signal })
        const fromMs = wallClockMs()
        await sleep(WINDOW_MS, undefined, { signal })
        windows.push({ arm, fromMs, toMs: wallClockMs() })
        await observers.end()
      }
      say(`window ${i + 1} of ${n} of each`)
    }
  } finally {
    await load.stop()
  }
  return seenIn(windows, join(directory, 'k6', 'samples.json.gz'))
}

/** The processes of a run, with the lanes and clients of a run that has a load. */
async function observe(
  cluster: Cluster,
  directory: string,
  arm: Arm,
  clock: RunClock,
): Promise<{ readonly end: () => Promise<unknown> }> {
  if (arm === 'nobody') return { end: async () => {} }
  mkdirSync(directory)
  const { balancer, nodes, token } = cluster.probeTargets
  const prefix = `${LEDGER_ROOT}/bench-${cluster.freshName()}`
  const path = `${prefix}/canary`
  const value = numberedValue(path, 0)
  const client = cluster.viaBalancer()
  // Under load on a busy host the balancer may be without a leader for a moment.
  await until(
    'the canary is written',
    async () => happened(await writeSecret(client, path, value)),
    {
      within: seconds(30),
      every: milliseconds(250),
    },
  )
  const common = {
    clock,
    directory,
    balancer: targetAt(balancer),
    ca: cluster.authority?.ca,
    token,
    prefix,
    onDeath: () => {}, // stopping it then fails with its death
  }
  const canary = { path: `/v1/secret/data/${path}`, hash: value.sha }
  const probe = await startProbe({ ...common, nodes: nodes.map(targetAt), canary, slow: true })
  await probe.start()
  if (arm === 'probe') return { end: () => probe.stop() }
  const workload = await startWorkload({
    ...common,
    seed: new Seed('bench probe-effect'),
    operationsPerSecond: BESIDE_LOAD_PER_S,
  })
  await workload.start()
  return { end: () => Promise.all([probe.stop(), workload.stop()]) }
}

type Point = {
  readonly metric: string
  readonly type: string
  readonly data: {
    readonly time: string
    readonly value: number
    readonly tags?: Readonly<Record<string, string>>
  }
}

/** A request belongs to the window in which it ended; those between two belong to none. */
async function seenIn(windows: readonly Window[], samples: string): Promise<readonly Seen[]> {
  const seen = windows.map((window): Seen => ({ ...window, latenciesMs: [], failed: 0 }))
  const lines = createInterface({ input: createReadStream(samples).pipe(createGunzip()) })
  for await (const line of lines) {
    const { metric, type, data } = JSON.parse(line) as Point
    if (type !== 'Point' || metric !== 'http_req_duration' || data.tags?.op === undefined) continue
    const atMs = Date.parse(data.time)
    const window = seen.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
    if (window === undefined) continue
    if (data.tags.expected_response === 'true') window.latenciesMs.push(data.value)
    else window.failed++
  }
  return seen
}

function measureOf(windows: readonly Seen[], say: (line: string) => void): Measure {
  const p95 = (arm: Arm) => of(windows, arm).map(({ latenciesMs }) => percentile(latenciesMs, 95))
  const perS = (arm: Arm) =>
    of(windows, arm).map(({ latenciesMs, fromMs, toMs }) => {
      return latenciesMs.length / ((toMs - fromMs) / 1000)
    })
  for (const arm of ARMS) {
    const failed = of(windows, arm).reduce((sum, window) => sum + window.failed, 0)
    say(
      `${arm}: p95 ${median(p95(arm)).toFixed(1)} ms, ${median(perS(arm)).toFixed(1)} answers a second, ${failed} failed; median of ${of(windows, arm).length} windows`,
    )
  }
  const against = (name: string, goal: string, arm: Arm, what: typeof p95): Measure => ({
    name,
    goal,
    ...(what === perS ? { unit: '/s' } : {}),
    ratio: ratioOf(what(arm), what('nobody')),
    arms: {
      ours: { name: arm, ms: what(arm), median: median(what(arm)) },
      theirs: { name: 'nobody', ms: what('nobody'), median: median(what('nobody')) },
    },
    n: what(arm).length,
  })
  return {
    ...against('probe-effect', 'k6 p95 with : without ≤ 1.05', 'probe', p95),
    more: [
      against('answers a second', 'with : without ≥ 0.97', 'probe', perS),
      against('p95 with the workload too', 'reported', 'probe and workload', p95),
      against('answers a second with both', 'reported', 'probe and workload', perS),
    ],
  }
}

const of = (windows: readonly Seen[], arm: Arm): readonly Seen[] =>
  windows.filter((window) => window.arm === arm)
