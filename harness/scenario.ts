/**
 * One scenario's run. The life of it:
 *
 * 1. Start the cluster, or take a healthy one of this configuration. Every entry is on disk at
 *    once; entry 0 freezes what was promised. (Sweeping what dead runs left is `run.ts`'s.)
 * 2. Calibrate and start the probe and the load, see a steady, settled state (gate).
 * 3. Run the body: inject faults, see their witnesses, perform procedures, wait for what should
 *    be true; then wait until the judged lanes are stable. The load ends.
 * 4. Heal every fault still in force, latest first; look for residue; let the cluster converge.
 *    Stop the lanes and read every write back.
 * 5. Collect logs and states, close the files.
 * 6. Judge from the files alone, write the verdict.
 * 7. Say whether the cluster may be used again: only when all of this went well.
 *
 * Steps 4 to 7 happen even when the body throws, its deadline passes or the run is stopped.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Body, type Verbs } from './body.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { ClusterNeeds } from './cluster/needs.ts'
import { collectCluster } from './evidence/collect.ts'
import { writeVerdict } from './evidence/verdict-file.ts'
import { NoCluster, recordFailure, withReason } from './failures.ts'
import type { Seal } from './journal/chain.ts'
import type { ClaimSpec, Expectation, ObjectiveSpec } from './journal/entry.ts'
import { Journal } from './journal/journal.ts'
import { readRecord } from './journal/read.ts'
import { RunClock } from './lib/clock.ts'
import { type Duration, milliseconds, minutes } from './lib/duration.ts'
import type { Seed } from './lib/seed.ts'
import { enoughOf, Loading } from './loading.ts'
import { judgeScenario, type Verdict } from './objectives/judge.ts'
import { Observation } from './observation.ts'
import type { Traffic } from './probes/traffic.ts'
import { freeze } from './promise.ts'
import { lengthsOf, loadOf } from './variant.ts'
import type { Product } from './vault/product.ts'

export type Multiplier = 1 | 5
export type SuiteName = 'smoke' | 'nightly' | 'drill' | 'documents' | 'soak'

/** What a scenario promises and needs; its body says what happens. */
export type ScenarioSpec = {
  /** Code of the catalogue, such as HA2. */
  readonly id: string
  /** Where the documents promise it: `HLD:873-877`. */
  readonly source: string
  readonly hypothesis: string
  readonly suites: readonly SuiteName[] | ((variant?: string) => readonly SuiteName[])
  /** `steady`: the probe writes and reads throughout; `none`: only the body's checks. */
  readonly load: 'steady' | 'none' | ((variant?: string) => 'steady' | 'none')
  /** What it leaves behind: a cluster that others may use after it, or not. */
  readonly leaves: 'healthy' | 'broken'
  /** What it wants of its cluster beyond the usual. */
  readonly cluster?: ClusterNeeds | ((variant?: string) => ClusterNeeds)
  readonly objectives: (multiplier: Multiplier, variant?: string) => readonly ObjectiveSpec[]
  readonly claims?: (multiplier: Multiplier, variant?: string) => readonly ClaimSpec[]
  readonly expects?:
    | readonly Expectation[]
    | ((variant?: string, multiplier?: Multiplier) => readonly Expectation[])
  readonly mustObserve?: readonly string[] | ((variant?: string) => readonly string[])
  /**
   * What load generators send beside the lanes, from before the steady phase until after the
   * stable run; its numbers are judged by objectives of kind `slo`.
   */
  readonly traffic?: (lengths: Lengths, variant?: string) => readonly Traffic[]
  /** The way of the lanes and of the workload; absent: straight to the balancer. */
  readonly lanes?: 'operator'
  /**
   * How long its parts last, by name, and as a suite wants them; `--var name=length` says
   * otherwise. With more than ten minutes of them the judged lanes run at 20 Hz.
   */
  readonly lengths?: (suite?: SuiteName) => Lengths
  /**
   * Of the body alone, per multiplier 1, with its lengths as they are outside of any suite; what
   * they are longer is added. Everything around it has limits of its own.
   */
  readonly deadline: Duration
}

export type Lengths = Readonly<Record<string, Duration>>

export { type Cell, cellsOf, sampleOf } from './matrix.ts'
export type { Verbs }
export type ScenarioBody = (verbs: Verbs) => Promise<void>

export type Scenario = ScenarioSpec & {
  readonly title: string
  readonly body: ScenarioBody | undefined
  /** Each is a run and a verdict of its own. */
  readonly variants: Readonly<Record<string, ScenarioBody>>
}

/** Does nothing but name the parts: importing a scenario file has no effect. */
export function scenario(
  title: string,
  spec: ScenarioSpec,
  body: ScenarioBody | Readonly<Record<string, ScenarioBody>>,
): Scenario {
  return typeof body === 'function'
    ? { ...spec, title, body, variants: {} }
    : { ...spec, title, body: undefined, variants: body }
}

/** One execution of one scenario. */
export type Experiment = {
  readonly name: string
  readonly scenario: Scenario
  readonly variant?: string
  /** Made by this function; must not exist. */
  readonly directory: string
  /** Where whoever performs procedures keeps their files: snapshots, and tokens for a while. */
  readonly operatorFolder: string
  readonly product: Product
  readonly version: string
  readonly multiplier: Multiplier
  /** Objective id → limit instead of the scenario's own. */
  readonly limits: Readonly<Record<string, Duration>>
  /** How long the parts of the scenario last, all of them by name. */
  readonly lengths?: Lengths
  readonly seed: Seed
  readonly argv: readonly string[]
  readonly repro: string
  /** Starts a cluster or takes one; its journal entries are the cluster's. */
  readonly acquire: (signal: AbortSignal) => Promise<Cluster>
  /** Stops the run: a signal of the user's. */
  readonly signal: AbortSignal
  readonly onJournal?: Parameters<Journal['watch']>[0]
}

export type Outcome = {
  readonly verdict: Verdict
  /** Whether the cluster may serve another scenario. */
  readonly reusable: boolean
  readonly cluster: Cluster | undefined
  /** Of every file that was closed, the journal included: what notices a missing tail. */
  readonly seals: readonly Seal[]
}

/** Lives through steps 1 to 7. Only a bug makes it throw; all else is in the verdict. */
export async function runScenario(experiment: Experiment): Promise<Outcome> {
  const { scenario: planned, directory, signal, lengths = lengthsOf(planned) } = experiment
  mkdirSync(join(directory, 'undo'), { recursive: true })
  const journal = new Journal(directory, new RunClock())
  if (experiment.onJournal !== undefined) journal.watch(experiment.onJournal)
  freeze(experiment, journal)
  journal.recordClock()
  const body = planned.body ?? planned.variants[experiment.variant ?? '']
  if (body === undefined) throw new Error(`${experiment.name} has no variant ${experiment.variant}`)

  let cluster: Cluster | undefined
  let observation: Observation | undefined
  let loading: Loading | undefined
  let bodyParts: Body | undefined
  let reusable = true
  const phase = (name: Parameters<typeof journal.record<'phase'>>[1]['name']) =>
    journal.record('phase', { name })
  const seals: Seal[] = []
  const close = (seal: Seal) => {
    seals.push(seal)
    journal.record('file.closed', seal)
  }
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      reusable = false
      recordFailure(journal, error, signal)
    }
  }

  await attempt(async () => {
    phase('start')
    const started = await experiment.acquire(signal).catch((error) => {
      // Nothing is on trial before there is a cluster.
      throw new NoCluster(error)
    })
    cluster = started
    journal.record('cluster.ready', started.readiness)
    const longer = Math.max(0, totalMs(lengths) - totalMs(lengthsOf(planned)))
    const limit = milliseconds(planned.deadline.ms * experiment.multiplier + longer)
    const objectives = planned.objectives(experiment.multiplier, experiment.variant)
    const generators = new Loading({ cluster: started, journal, signal, close, limit, objectives })
    loading = generators
    const traffic = planned.traffic?.(lengths, experiment.variant) ?? []
    if (loadOf(planned, experiment.variant) === 'steady') {
      phase('calibrate')
      observation = await Observation.start(started, journal, experiment.seed, signal, {
        way: planned.lanes,
        slow: totalMs(lengths) > SLOW_FROM.ms,
        besideLoad: planned.traffic === undefined ? undefined : enoughOf(objectives, traffic),
      })
      phase('settle')
      await generators.start(traffic)
      await observation.steady()
    } else {
      await started.cleanStart(signal).then((gate) => journal.record('gate', gate))
      await generators.start(traffic)
      if (traffic.length > 0) phase('steady')
    }
    journal.record('node.processes', { when: 'settled', nodes: await started.processes() })
    phase('body')
    const own = AbortSignal.any([
      signal,
      withReason(AbortSignal.timeout(limit.ms), limit),
      ...(observation === undefined ? [] : [observation.alive]),
      generators.alive,
    ])
    bodyParts = new Body({
      cluster: started,
      journal,
      seed: experiment.seed,
      operatorFolder: experiment.operatorFolder,
      lengths,
      signal: own,
      calm: async () => observation?.calm(),
      loaded: () => generators.over(own),
      send: (loads) => generators.send(loads, own),
    })
    await body(bodyParts.verbs)
    await observation?.stable(bodyParts.lastEffect)
  })
  const [generators, lived] = [loading, bodyParts]
  await attempt(async () => generators?.stop())
  await attempt(async () => lived?.end())
  phase('heal')
  await lived?.healAll()
  if (observation !== undefined) {
    const watching = observation
    await attempt(() => watching.stopLanes(close))
  }
  if (cluster !== undefined) {
    const living = cluster
    if (!signal.aborted) {
      phase('converge')
      await attempt(async () => {
        journal.record('converged', await living.converge(signal))
        journal.record('node.processes', { when: 'converged', nodes: await living.processes() })
      })
      phase('read-back')
      await attempt(async () => {
        if (observation !== undefined) close(await observation.readBack())
      })
    }
    phase('collect')
    await attempt(() => collectCluster(living, directory))
  }
  journal.recordClock()
  journal.record('ended', {})
  seals.push(journal.close())
  const verdict = judgeScenario(await readRecord(directory))
  writeVerdict(directory, verdict)
  return {
    verdict,
    cluster,
    seals,
    reusable: reusable && planned.leaves === 'healthy' && leftWhole(verdict),
  }
}

/** Lanes of a run that lasts longer are judged at 20 Hz: their files would grow too large. */
const SLOW_FROM = minutes(10)

const totalMs = (lengths: Lengths): number =>
  Object.values(lengths).reduce((sum, { ms }) => sum + ms, 0)

/** What a final fault destroyed is not healed, and after anything but a pass nobody knows. */
const leftWhole = ({ verdict, faults }: Verdict): boolean =>
  verdict === 'passed' && !faults.some(({ final }) => final)
