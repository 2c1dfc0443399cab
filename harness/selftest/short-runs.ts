import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NotARecord, type RunRecord, readRecord } from '../journal/read.ts'
import { Child } from '../lib/child.ts'
import { seconds } from '../lib/duration.ts'
import type { FromShortRun, ToShortRun } from './short-run-message.ts'

export type ShortRunWanted = {
  readonly name: string
  readonly tampering?: string
}

export type ShortRunDone = ShortRunWanted & {
  /** Absent when the run did not even leave a journal. */
  readonly record?: RunRecord
  readonly broken?: string
}

/** A short run takes ten seconds, and longer on a host that others use. */
const ENDS_WITHIN = seconds(60)
/** So many at once leave a part of two cores idle; more would measure the host. */
const AT_ONCE = 3
/**
 * Between the first starts: a run takes three times as long, so that while one calibrates its
 * probe, which takes half a core, the others do not.
 */
const APART_MS = 3000

/**
 * Runs them, a few at a time, each in a process and a directory of its own. Records are read when
 * all have ended: reading costs what their servers need.
 */
export async function shortRuns(
  wanted: readonly ShortRunWanted[],
  {
    directory,
    seed,
    signal,
    onEnded = () => {},
  }: {
    readonly directory: string
    readonly seed: string
    readonly signal: AbortSignal
    readonly onEnded?: (name: string, broken: string | undefined) => void
  },
): Promise<readonly ShortRunDone[]> {
  const broken = new Map<ShortRunWanted, string | undefined>()
  const queue = wanted.values()
  const worker = async (number: number) => {
    await sleep(number * APART_MS, undefined, { signal })
    for (const run of queue) {
      signal.throwIfAborted()
      const why = await inOwnProcess(run, { directory: join(directory, run.name), seed, signal })
      broken.set(run, why)
      onEnded(run.name, why)
    }
  }
  const workers = Math.min(AT_ONCE, wanted.length)
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)))
  const done: ShortRunDone[] = []
  for (const run of wanted) {
    const why = broken.get(run)
    const record = await recordIn(join(directory, run.name))
    done.push({
      ...run,
      ...(record === undefined ? {} : { record }),
      ...(why === undefined ? {} : { broken: why }),
    })
  }
  return done
}

async function inOwnProcess(
  { name, tampering }: ShortRunWanted,
  {
    directory,
    seed,
    signal,
  }: { readonly directory: string; readonly seed: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const child = new Child<ToShortRun, FromShortRun>({
    name: `the short run ${name}`,
    module: new URL('./short-run-process.ts', import.meta.url),
    isUrgent: true, // it holds the servers, and the lanes are to measure them and not the host
    onDeath: () => {}, // whoever asks it learns of it
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { broken } = await child.ask(
      { do: 'run', name, directory, seed, ...(tampering === undefined ? {} : { tampering }) },
      { said: 'ended', within: ENDS_WITHIN },
    )
    return broken
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    signal.removeEventListener('abort', stop)
    child.allowEnd()
    child.kill()
    await child.gone
  }
}

async function recordIn(directory: string): Promise<RunRecord | undefined> {
  try {
    return await readRecord(directory)
  } catch (error) {
    if (error instanceof NotARecord) return undefined
    throw error
  }
}
