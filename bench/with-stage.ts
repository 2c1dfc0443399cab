import { randomBytes } from 'node:crypto'
import { wallClockMs } from '../harness/lib/clock.ts'
import { readSettings } from '../harness/settings.ts'
import { connectDocker } from '../harness/stack/docker.ts'
import { resolveImages } from '../harness/stack/images.ts'
import { sweep } from '../harness/stack/sweep.ts'
import { STAGE_IMAGES, Stage } from '../harness/stage.ts'
import type { Product } from '../harness/vault/product.ts'

/** A stage for one bench, removed at its end whatever happens. */
export async function withStage<T>(
  { product, signal, say }: BenchOptions,
  act: (stage: Stage) => Promise<T>,
  also: readonly 'k6'[] = [],
): Promise<T> {
  const settings = readSettings()
  const docker = await connectDocker({ dial: settings.dial })
  await sweep(docker.engine)
  const images = await resolveImages(docker, [...STAGE_IMAGES, product, ...also], {
    sources: settings.sources,
    offline: settings.offline,
    signal,
    onProgress: say,
  })
  const runId = randomBytes(3).toString('hex')
  const stage = await Stage.open(
    { docker, runId, images, label: 'bench', startedMs: wallClockMs() },
    signal,
  )
  try {
    return await act(stage)
  } finally {
    await stage.close()
  }
}

export type BenchOptions = {
  readonly product: Product
  /** Repetitions of each arm. */
  readonly n: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}
