import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { CommandFailed } from '../lib/command.ts'
import { formatDuration, milliseconds } from '../lib/duration.ts'
import type { Docker } from './docker.ts'
import type { Pins } from './pins.ts'
import type { Assembled } from './recipe.ts'

/** What every assembly needs at hand. */
export type Workshop = {
  readonly docker: Docker
  readonly pins: Pins
  /** Folder that outlives runs. Nothing in it counts as an image: those live on the engine. */
  readonly cache: string
  readonly onProgress: (line: string) => void
  readonly signal: AbortSignal | undefined
  /** Asked before a system package is installed. */
  readonly confirm: (question: string) => Promise<boolean>
}

/**
 * A folder for one assembly, gone afterwards whatever happens. Its name is the recipe's, which
 * is locked, so what lies there from a killed process is certainly nobody's.
 */
export async function inWorkFolder<T>(
  workshop: Workshop,
  key: string,
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(workshop.cache, `work-${key}`)
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  await remove()
  try {
    await mkdir(folder, { recursive: true })
    return await body(folder)
  } finally {
    await remove()
  }
}

/** Tells what is done, and afterwards how long it took. */
export async function timed<T>(
  { onProgress }: Workshop,
  name: Assembled,
  what: string,
  body: () => Promise<T>,
): Promise<T> {
  onProgress(`${name}: ${what} …`)
  const startedMs = performance.now()
  const result = await body()
  onProgress(`${name}: ${what}: ${formatDuration(milliseconds(performance.now() - startedMs))}`)
  return result
}

/** What makes assembly fail on this machine, in one sentence with the fix. */
export class CannotAssemble extends Error {
  override readonly name = 'CannotAssemble'
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}

/** A full disk shows as a different error in every tool; people need the same sentence. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return true
  const said = error instanceof CommandFailed ? error.lastLines.join('\n') : error.message
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(said) || isDiskFull(error.cause)
}
