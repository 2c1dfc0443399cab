import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type Dockerode from 'dockerode'
import { type ComponentName, componentNames } from './component.ts'
import type { Docker } from './docker.ts'
import { followStream } from './engine-stream.ts'
import { type ImageSources, localImage, type ResolvedImage } from './images.ts'
import { imageLabels } from './labels.ts'
import { isAssembledTag } from './recipe.ts'
import { isDiskFull } from './workshop.ts'

/** Component images as files, for CI caches and machines without a network. */

/** What the engine holds for each component, without asking any network. */
export async function localImages(
  docker: Docker,
  sources: ImageSources,
): Promise<ReadonlyMap<ComponentName, ResolvedImage | undefined>> {
  const found = componentNames.map(
    async (name) => [name, await localImage(docker, name, sources)] as const,
  )
  return new Map(await Promise.all(found))
}

/**
 * Writes images into one archive; gzipped when the name ends in `.gz`. The file appears under
 * its name only when it is whole.
 * @throws {ImageArchiveFailed}
 */
export async function saveImages(
  { engine }: Docker,
  references: readonly string[],
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const unfinished = `${file}.part-${process.pid}`
  try {
    await mkdir(dirname(file), { recursive: true })
    const archive = await exportOf(engine, references)
    const steps = file.endsWith('.gz')
      ? [archive, createGzip({ level: 1 }), createWriteStream(unfinished)]
      : [archive, createWriteStream(unfinished)]
    await pipeline(steps, signal === undefined ? {} : { signal })
    await rename(unfinished, file)
  } catch (cause) {
    await rm(unfinished, { force: true })
    signal?.throwIfAborted()
    throw new ImageArchiveFailed(
      isDiskFull(cause) ? `the disk is full: ${file} could not be written` : describe(cause),
      cause,
    )
  }
}

/** dockerode has the call for many images at once; its types do not. */
function exportOf(engine: Dockerode, names: readonly string[]): Promise<Readable> {
  const { getImages } = engine as unknown as {
    getImages: (options: { names: readonly string[] }) => Promise<Readable>
  }
  return getImages.call(engine, { names })
}

/**
 * Loads an archive and gives the names of what was in it.
 * @throws {ImageArchiveFailed} when it is damaged or no image archive.
 */
export async function loadImages(
  { engine }: Docker,
  file: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const loaded: string[] = []
  try {
    const archive = createReadStream(file)
    await new Promise((resolve, reject) => archive.once('open', resolve).once('error', reject))
    const progress = (await engine.loadImage(archive, { quiet: true })) as Readable
    await followStream(progress, signal, (text) => {
      const name = /^Loaded image(?: ID)?: (\S+)/.exec(text)?.[1]
      if (name !== undefined) loaded.push(name)
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new ImageArchiveFailed(`${file} is no whole image archive: ${describe(cause)}`, cause)
  }
  if (loaded.length === 0) throw new ImageArchiveFailed(`${file} holds no image`)
  return loaded
}

/**
 * Removes assembled images (all, or those of some components) and what assembly cached. Only
 * names that assembly gave are taken away: an image that somebody also gave a name of their own
 * stays under it.
 */
export async function removeAssembled(
  { engine }: Docker,
  names: readonly ComponentName[],
  cache: string,
): Promise<readonly string[]> {
  const images = await engine.listImages({ filters: { label: [imageLabels.component] } })
  const wanted = images.filter(
    ({ Labels }) =>
      names.length === 0 || names.includes(Labels?.[imageLabels.component] as ComponentName),
  )
  // What stands on the base goes first.
  const baseLast = wanted.toSorted((a, b) => Number(isBase(a)) - Number(isBase(b)))
  const removed = baseLast.flatMap(({ Id, RepoTags }) => namesToRemove(Id, RepoTags ?? []))
  for (const tag of removed) await remove(engine, tag)
  if (names.length === 0) await removeBuildRoots(cache)
  return removed
}

/** What a newer build of the same recipe has left nameless is known by its id alone. */
export function namesToRemove(id: string, tags: readonly string[]): readonly string[] {
  const given = tags.filter((tag) => tag !== '<none>:<none>')
  return given.length === 0 ? [id] : given.filter(isAssembledTag)
}

const isBase = ({ Labels }: Dockerode.ImageInfo): boolean =>
  Labels?.[imageLabels.component] === 'base'

async function remove(engine: Dockerode, tag: string): Promise<void> {
  try {
    await engine.getImage(tag).remove()
  } catch (cause) {
    const { statusCode } = cause as { statusCode?: number }
    if (statusCode === 404) return // gone with the image before it
    throw new ImageArchiveFailed(
      statusCode === 409 ? `${tag} is in use by a container` : `${tag}: ${describe(cause)}`,
      cause,
    )
  }
}

async function removeBuildRoots(cache: string): Promise<void> {
  const entries = await readdir(cache).catch(() => []) // nothing was ever cached
  for (const entry of entries.filter((one) => one.startsWith('go-'))) {
    await rm(join(cache, entry), { recursive: true, force: true })
  }
}

const describe = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)

/** An archive that could not be written or read, or an image that could not be removed. */
export class ImageArchiveFailed extends Error {
  override readonly name = 'ImageArchiveFailed'
  readonly exitCode = 10

  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}
