import { randomBytes } from 'node:crypto'
import type { Cluster } from './cluster/cluster.ts'
import type { ClusterNeeds } from './cluster/needs.ts'
import { attach } from './cluster/saved.ts'
import { UsageError } from './commands/usage-error.ts'
import { DrillFolder, type Entry } from './drill-folder.ts'
import { wallClockMs } from './lib/clock.ts'
import type { Duration } from './lib/duration.ts'
import { type Preparation, prepare } from './prepare.ts'
import type { Multiplier } from './scenario.ts'
import type { Docker } from './stack/docker.ts'
import { findOurs, removeRun } from './stack/sweep.ts'
import { Stage } from './stage.ts'

/** A stack that outlives the process that started it, used by hand from several others. */

export type StackWish = Preparation & {
  readonly multiplier: Multiplier
  readonly tls: boolean
  readonly needs: ClusterNeeds
  /** After that anybody may sweep it. */
  readonly lasts: Duration
}

export type Raised = {
  readonly entry: Entry
  readonly cluster: Cluster
  readonly files: { readonly token: string; readonly ca?: string }
}

/**
 * Starts a stack that is kept. When it fails or is stopped, nothing of it is left.
 * @throws {EngineUnavailable} {ComponentUnavailable} {SafetyStop} before anything is started.
 */
export async function raise(wish: StackWish, folder = new DrillFolder()): Promise<Raised> {
  const { docker, chosen, images, guard } = await prepare(wish)
  const [product = 'openbao'] = chosen
  const { multiplier, tls, needs } = wish
  const startedMs = wallClockMs()
  const keptUntilMs = startedMs + wish.lasts.ms
  const run = randomBytes(3).toString('hex')
  const what = [
    `${product} ${images[product].version}`,
    `${needs.nodes ?? 3} nodes`,
    `performance multiplier ${multiplier}`,
    `TLS ${tls ? 'on' : 'off'}`,
  ].join(', ')
  const expires = new Date(keptUntilMs).toISOString()
  const entry = folder.enter({ run, kind: 'stack', what, expires })
  const signal = AbortSignal.any([wish.signal, guard.signal])
  try {
    const stage = await Stage.open(
      { docker, runId: run, images, label: 'sandbox', startedMs, keptUntilMs },
      signal,
    )
    const cluster = await stage.cluster({ product, multiplier, tls, needs }, signal)
    const files = folder.saveCluster(await cluster.save())
    signal.throwIfAborted()
    return { entry, cluster, files }
  } catch (error) {
    await removeRun(docker.engine, run)
    folder.remove(run)
    throw signal.aborted ? signal.reason : error
  } finally {
    guard.stop()
  }
}

/** The stacks that are kept, whole or not. */
export const stacksIn = (folder: DrillFolder): readonly Entry[] =>
  folder.entries().filter(({ kind }) => kind === 'stack')

/**
 * The stack of that name, or the only one.
 * @throws {UsageError} when there is none, or several and none is named.
 */
export function theStack(folder: DrillFolder, run: string | undefined): Entry {
  const stacks = stacksIn(folder)
  const names = stacks.map((each) => each.run).join(', ')
  const found = stacks.filter((each) => run === undefined || each.run === run)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (stacks.length === 0) throw new UsageError('there is no stack here; "./drill up" starts one')
  throw new UsageError(
    run === undefined
      ? `there are ${stacks.length} stacks, name one of them with --stack: ${names}`
      : `there is no stack "${run}"; there is ${names}`,
  )
}

/**
 * Its cluster, as if this process had started it.
 * @throws {NoStack} when it is not there or was never whole.
 */
export async function clusterOf(
  folder: DrillFolder,
  { run }: Entry,
  docker: Docker,
): Promise<Cluster> {
  const saved = folder.cluster(run)
  if (saved === undefined) throw new NoStack(run, 'was never whole')
  const ours = await findOurs(docker.engine)
  if (!ours.some((each) => each.run === run)) {
    throw new NoStack(run, 'has nothing left on this engine')
  }
  return attach(saved, docker)
}

/** Removes everything of a stack, from the engine and from disk. Twice is harmless. */
export async function bringDown(
  folder: DrillFolder,
  { run }: Pick<Entry, 'run'>,
  docker: Docker,
): Promise<number> {
  const removed = await removeRun(docker.engine, run)
  folder.remove(run)
  return removed.length
}

/** What is noted of a stack does not help to reach it. */
export class NoStack extends Error {
  override readonly name = 'NoStack'
  readonly exitCode = 10
  constructor(run: string, why: string) {
    super(`stack ${run} ${why}: "./drill down --stack ${run}" removes what there is of it`)
  }
}
