import { readdir } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { minutes } from '../lib/duration.ts'
import { followStream } from './engine-stream.ts'

const BUILD_WITHIN = minutes(10)

/**
 * Builds an image with the engine's own (classic) builder, which needs no plugin. Tag and labels
 * are set by its last step; what an interrupted build has made so far is removed.
 * @throws {EngineRefused} when a step fails.
 */
export async function buildImage(
  engine: Dockerode,
  {
    context,
    tag,
    buildArgs,
    labels,
    signal,
  }: {
    context: string
    tag: string
    buildArgs: Readonly<Record<string, string>>
    labels: Readonly<Record<string, string>>
    signal: AbortSignal | undefined
  },
): Promise<void> {
  const limit = AbortSignal.timeout(BUILD_WITHIN.ms)
  const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit])
  let lastStep: string | undefined
  try {
    const stream = (await engine.buildImage(
      { context, src: await readdir(context) },
      {
        t: tag,
        buildargs: { ...buildArgs },
        labels: { ...labels },
        nocache: true,
        forcerm: true,
        abortSignal,
      },
    )) as Readable
    await followStream(stream, abortSignal, (text) => {
      const id = /^ ---> ([0-9a-f]{12})\s*$/.exec(text)?.[1]
      lastStep = id ?? lastStep
    })
  } catch (error) {
    if (lastStep !== undefined) await removeUnfinished(engine, lastStep)
    throw error
  }
}

/** Removes an untagged image; its untagged parents go with it. A tagged base stays. */
async function removeUnfinished(engine: Dockerode, id: string): Promise<void> {
  const image = engine.getImage(id)
  const tags = await image.inspect().then(
    ({ RepoTags }) => RepoTags ?? [],
    () => ['unknown'], // it is gone already
  )
  if (tags.length === 0) await image.remove().catch(() => {}) // still used by a step that is ending
}
