import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Selected } from './catalogue.ts'
import type { Cluster } from './cluster/cluster.ts'
import { needsText } from './cluster/needs.ts'
import { DrillFolder } from './drill-folder.ts'
import { type RunScenario, writeRunFile } from './evidence/run-file.ts'
import { writeReports } from './evidence/run-report.ts'
import { messageOf } from './failures.ts'
import { type Room, SafetyStop } from './guard.ts'
import { Interrupted } from './interrupted.ts'
import type { Seal } from './journal/chain.ts'
import { FORMAT_VERSION } from './journal/entry.ts'
import type { Journal } from './journal/journal.ts'
import { wallClock, wallClockMs } from './lib/clock.ts'
import { type Duration, formatDuration, milliseconds } from './lib/duration.ts'
import { Seed } from './lib/seed.ts'
import { EXIT, exitCodeOf, worstExit } from './objectives/exit-code.ts'
import type { Verdict } from './objectives/verdict.ts'
import { calledFor, prepare, servicesFor } from './prepare.ts'
import { hostFacts, treeState } from './provenance.ts'
import { makeRunDirectory, pointLatest, scenarioDirectoryName } from './run-directory.ts'
import { type Sabotage, sabotaged } from './sabotage.ts'
import { type Multiplier, runScenario } from './scenario.ts'
import type { Settings } from './settings.ts'
import type { ResolvedImage } from './stack/images.ts'
import { Stage } from './stage.ts'
import { lengthsOf, needsOf } from './variant.ts'
import type { Product } from './vault/product.ts'

export type RunOptions = {
  readonly selected: readonly Selected[]
  /** Suite or scenario; part of the directory's name. */
  readonly label: string
  readonly product: 'auto' | 'both' | Product
  readonly multiplier: Multiplier
  /** Limits of objectives and lengths of parts of scenarios, by name, instead of their own. */
  readonly limits: Readonly<Record<string, Duration>>
  readonly seed: string | undefined
  readonly repeat: number
  readonly tls: boolean
  readonly failFast: boolean
  readonly offline: boolean
  /** Where the run's directory is made. */
  readonly out: string
  readonly argv: readonly string[]
  readonly settings: Settings
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** Of the self-test: something is made worse on purpose. */
  readonly sabotage?: Sabotage
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined
  /** Below this the run is stopped. */
  readonly atLeast?: Required<Room>
  readonly onJournal?: Parameters<Journal['watch']>[0]
  /** Called with each verdict as it is reached. */
  readonly onVerdict?: (verdict: Verdict, directory: string) => void
}

export type RunResult = {
  readonly directory: string
  readonly exitCode: number
  readonly verdicts: readonly Verdict[]
}

/**
 * A run: sweep, images, the stage, one scenario after another, `run.json` and the reports.
 * A healthy cluster is handed from one scenario to the next of the same configuration; what a
 * run has made is removed whatever happens.
 * @throws {EngineUnavailable} {ComponentUnavailable} {OutNotWritable} {SafetyStop} before anything
 * is started.
 */
export async function performRun(asked: RunOptions): Promise<RunResult> {
  const { say } = asked
  const startedMs = wallClockMs()
  const started = wallClock()
  const id = randomBytes(3).toString('hex')
  const directory = makeRunDirectory(asked, id, started)
  const prepared = await prepare({ ...asked, also: calledFor(asked.selected) }).catch((error) => {
    rmSync(directory, { recursive: true }) // a folder without a run would only puzzle people
    throw error
  })
  const { docker, chosen, images, guard } = prepared
  const signal = AbortSignal.any([asked.signal, guard.signal])
  const options = { ...asked, signal }
  const folder = new DrillFolder()
  folder.enter({ run: id, kind: 'run', directory })
  const seed = options.seed ?? new Seed().text
  say(`run   ${id}  seed ${seed}  ${directory}`)
  const stage = await Stage.open(
    {
      docker,
      runId: id,
      images,
      label: options.label,
      startedMs,
      services: servicesFor(asked.selected),
    },
    signal,
  )
  const finished: Finished[] = []
  try {
    await runAll({
      options,
      stage,
      directory,
      operators: join(folder.pathOf(id), 'operator'),
      seed,
      chosen,
      images,
      finished,
    })
  } finally {
    const before = performance.now()
    guard.stop()
    await stage.close()
    folder.remove(id)
    say(
      `removed everything of this run in ${formatDuration(milliseconds(performance.now() - before))}`,
    )
  }
  const verdicts = finished.map(({ verdict }) => verdict)
  const exitCode = signal.aborted ? stoppedExit(signal, verdicts) : exitCodeOf(verdicts)
  const main = chosen[0] as Product
  writeRunFile(directory, {
    format: FORMAT_VERSION,
    id,
    argv: options.argv,
    ...(options.sabotage === undefined ? {} : { planted: options.sabotage.defect }),
    seed,
    started,
    finished: wallClock(),
    product: chosen.join(','),
    version: images[main].version,
    images: Object.values(images).map(({ name, id: image, origin, version }) => ({
      name,
      id: image,
      origin,
      version,
    })),
    engine: { ...docker.facts },
    host: hostFacts(),
    git: await treeState(),
    scenarios: finished.map(({ scenario }) => scenario),
    heads: Object.fromEntries(
      finished.flatMap(({ scenario, seals }) =>
        seals.map(({ file, head }) => [`${scenario.directory}/${file}`, head]),
      ),
    ),
    exitCode,
  })
  await writeReports(directory)
  pointLatest(options.out, directory)
  return { directory, exitCode, verdicts }
}

type Finished = {
  readonly scenario: RunScenario
  readonly verdict: Verdict
  readonly seals: readonly Seal[]
}

type All = {
  readonly options: RunOptions
  readonly stage: Stage
  readonly directory: string
  /** Where those who perform procedures keep their files. */
  readonly operators: string
  readonly seed: string
  readonly chosen: readonly Product[]
  readonly images: Readonly<Record<Product, ResolvedImage>>
  readonly finished: Finished[]
}

async function runAll({
  options,
  stage,
  directory,
  operators,
  seed,
  chosen,
  images,
  finished,
}: All) {
  const { signal } = options
  const teardowns: Promise<void>[] = []
  const undos: (() => Promise<void>)[] = []
  const planted = async (cluster: Cluster): Promise<Cluster> => {
    const plant = await options.sabotage?.plant?.(cluster)
    if (plant === undefined) return cluster
    undos.push(plant.undo)
    return plant.cluster
  }
  const giveUp = (cluster: Cluster | undefined) => {
    if (cluster === undefined) return
    // Beside what is left of this scenario; swept by label if it fails.
    const undone = Promise.all(undos.splice(0).map((undo) => undo()))
    teardowns.push(
      undone.then(() => cluster.remove()).catch((error) => options.say(messageOf(error))),
    )
  }
  for (const product of chosen) {
    let shared: Cluster | undefined
    let sharedNeeds = ''
    for (const { selected, repetition } of repeated(options)) {
      if (signal.aborted) break
      const name = scenarioDirectoryName(selected, product, repetition, options)
      const { verdict, reusable, cluster, seals } = await runScenario({
        name: selected.name,
        scenario: sabotaged(selected.scenario, options.sabotage),
        ...(selected.variant === undefined ? {} : { variant: selected.variant }),
        directory: join(directory, name),
        operatorFolder: join(operators, name),
        product,
        version: images[product].version,
        multiplier: options.multiplier,
        limits: options.limits,
        lengths: lengthsOf(selected.scenario, options.limits, selected.suite),
        seed: new Seed(repetition === 1 ? seed : `${seed}-${repetition}`),
        argv: options.argv,
        repro: reproOf(selected, product, seed, repetition, options),
        acquire: async (own) => {
          const needs = needsOf(selected.scenario, selected.variant)
          if (needsText(needs) !== sharedNeeds) {
            giveUp(shared)
            shared = undefined
          }
          sharedNeeds = needsText(needs)
          await Promise.all(teardowns) // removing a cluster would disturb the next one's calibration
          const wish = { product, multiplier: options.multiplier, tls: options.tls, needs }
          shared ??= await planted(await stage.cluster(wish, own))
          return shared
        },
        signal,
        ...(options.onJournal === undefined ? {} : { onJournal: options.onJournal }),
      })
      if (!reusable) {
        giveUp(cluster)
        shared = undefined
      }
      finished.push({
        verdict,
        seals,
        scenario: {
          name: selected.name,
          id: selected.scenario.id,
          ...(selected.variant === undefined ? {} : { variant: selected.variant }),
          product,
          multiplier: options.multiplier,
          ...(options.repeat === 1 ? {} : { repetition }),
          directory: name,
          verdict: verdict.verdict,
        },
      })
      options.onVerdict?.(verdict, join(directory, name))
      if (options.failFast && verdict.verdict !== 'passed') break
    }
    giveUp(shared)
  }
  await Promise.all(teardowns)
}

function* repeated({ selected, repeat }: RunOptions) {
  for (const each of selected) {
    for (let repetition = 1; repetition <= repeat; repetition++) {
      yield { selected: each, repetition }
    }
  }
}

function reproOf(
  { name, scenario, variant, suite }: Selected,
  product: Product,
  seed: string,
  repetition: number,
  { multiplier, limits, tls }: RunOptions,
): string {
  const own = lengthsOf(scenario)
  const bySuite = Object.entries(lengthsOf(scenario, {}, suite)).filter(
    ([of, { ms }]) => ms !== own[of]?.ms,
  )
  return [
    './drill run',
    variant === undefined ? name : `${name}:${variant}`,
    `--product ${product}`,
    ...(multiplier === 1 ? [] : [`--multiplier ${multiplier}`]),
    ...(tls ? [] : ['--tls off']),
    ...Object.entries({ ...Object.fromEntries(bySuite), ...limits }).map(
      ([id, { ms }]) => `--var ${id}=${ms}ms`,
    ),
    `--seed ${repetition === 1 ? seed : `${seed}-${repetition}`}`,
  ].join(' ')
}

/** A person's stop says only that; the guard's may not hide what was found before it. */
const stoppedExit = ({ reason }: AbortSignal, verdicts: readonly Verdict[]): number => {
  if (!(reason instanceof SafetyStop)) return reason instanceof Interrupted ? reason.exitCode : 130
  return worstExit([...(verdicts.length === 0 ? [] : [exitCodeOf(verdicts)]), EXIT.stopped])
}
