import type Dockerode from 'dockerode'
import { CommandFailed } from '../lib/command.ts'
import { assemble } from './assemble.ts'
import { servedVersion } from './assemble-debian.ts'
import { type ComponentName, componentFacts } from './component.ts'
import type { Docker } from './docker.ts'
import { imageLabels } from './labels.ts'
import { loadPins, type Pins } from './pins.ts'
import { recipeOf, tagOf } from './recipe.ts'
import { formatReference, parseReference } from './reference.ts'
import { publicReference, pull, type RegistrySettings } from './registry.ts'
import type { Workshop } from './workshop.ts'

/** What the settings say about where components come from. */
export type ImageSources = {
  /** An image that is used whatever else there is. */
  readonly overrides: Readonly<Partial<Record<ComponentName, string>>>
  readonly registry: RegistrySettings
  readonly cache: string
}

export type ImageOptions = {
  readonly sources: ImageSources
  /** Pulls nothing. Assembly is still tried: package caches may serve it. */
  readonly offline?: boolean
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** Instead of compose/versions.env. */
  readonly pins?: Pins
  /** Asked before a system package is installed for an assembly; allowed without it. */
  readonly confirm?: (question: string) => Promise<boolean>
}

export type ResolvedImage = {
  readonly name: ComponentName
  readonly reference: string
  readonly id: string
  readonly origin: 'override' | 'public' | 'assembled'
  /** Whether it was there, or came only now. */
  readonly obtained: 'local' | 'pulled' | 'built'
  /** What is really in it, as far as the image tells. */
  readonly version: string
  /** For containers made from it; see {@link componentFacts}. */
  readonly entrypoint: readonly string[]
}

export type Source = 'override' | 'local' | 'public' | 'assembled'

/** The chain of docs/decisions/image-sources.md. An override is the only source: who names an image wants that one. */
export function sourcesFor({
  override,
  offline,
}: {
  override: string | undefined
  offline: boolean
}): readonly Source[] {
  if (override !== undefined) return ['override']
  return offline ? ['local', 'assembled'] : ['local', 'public', 'assembled']
}

/**
 * An image for each component, from the first source that has one. Nothing is asked of a network
 * when all are on the engine.
 * @throws {ComponentUnavailable} naming every attempt.
 */
export async function resolveImages<Name extends ComponentName>(
  docker: Docker,
  names: readonly Name[],
  options: ImageOptions,
): Promise<Readonly<Record<Name, ResolvedImage>>> {
  const failed = new AbortController()
  const { signal } = options
  const together: ImageOptions = {
    ...options,
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
  }
  const pins = options.pins ?? loadPins()
  const resolving = names.map(async (name) => {
    try {
      return [name, await resolveOne(docker, name, pins, together)] as const
    } catch (error) {
      failed.abort(error) // the others stop, and are waited for, before the error goes up
      throw error
    }
  })
  await Promise.allSettled(resolving)
  failed.signal.throwIfAborted()
  return Object.fromEntries(await Promise.all(resolving)) as Record<Name, ResolvedImage>
}

async function resolveOne(
  docker: Docker,
  name: ComponentName,
  pins: Pins,
  options: ImageOptions,
): Promise<ResolvedImage> {
  const { sources, offline = false, signal } = options
  const attempts: Attempt[] = []
  for (const source of sourcesFor({ override: sources.overrides[name], offline })) {
    try {
      return await attempt[source](docker, name, pins, options)
    } catch (error) {
      signal?.throwIfAborted()
      attempts.push({ source, why: reasonOf(error), cause: error })
    }
  }
  if (offline && sources.overrides[name] === undefined) {
    attempts.splice(1, 0, { source: 'public', why: 'forbidden by --offline' })
  }
  throw new ComponentUnavailable(name, pins.versions[name], attempts)
}

type Try = (
  docker: Docker,
  name: ComponentName,
  pins: Pins,
  options: ImageOptions,
) => Promise<ResolvedImage>

const attempt: Readonly<Record<Source, Try>> = {
  async override({ engine }, name, _pins, { sources, offline, signal, onProgress }) {
    const reference = sources.overrides[name] as string
    const here = await find(engine, name, reference, 'override', 'local')
    if (here !== undefined) return here
    if (offline)
      throw new NotHere(`${reference} is not on the engine, and --offline forbids to pull`)
    onProgress?.(`${name}: pulling ${reference} …`)
    await pull(engine, parseReference(reference), sources.registry, signal)
    return mustFind(engine, name, reference, 'override', 'pulled')
  },

  async local({ engine }, name, pins, { sources }) {
    const assembled = tagOf(name, pins)
    const ours = await find(engine, name, assembled, 'assembled', 'local')
    if (ours !== undefined) return ours
    const labelled = await findLabelled(engine, name, pins)
    if (labelled !== undefined) return labelled
    if (!isPublished(name, pins)) throw new NotHere(`${assembled} is not on the engine`)
    const pulled = formatReference(publicReferenceOf(name, pins, sources))
    const earlier = await find(engine, name, pulled, 'public', 'local')
    if (earlier !== undefined) return earlier
    throw new NotHere(`neither ${assembled} nor ${pulled} is on the engine`)
  },

  async public({ engine }, name, pins, { sources, signal, onProgress }) {
    if (!isPublished(name, pins)) throw new NotHere('nobody publishes one')
    const reference = publicReferenceOf(name, pins, sources)
    await pull(engine, reference, sources.registry, signal, () =>
      onProgress?.(`${name}: pulling ${formatReference(reference)} …`),
    )
    return mustFind(engine, name, formatReference(reference), 'public', 'pulled')
  },

  async assembled(docker, name, pins, options) {
    const tag = await assemble(name, workshopOf(docker, pins, options))
    return mustFind(docker.engine, name, tag, 'assembled', 'built')
  },
}

/** What nobody publishes is assembled everywhere. */
const isPublished = (name: ComponentName, pins: Pins): boolean => pins.repositories[name] !== 'none'

/** Where the public image of a component is taken from on this machine. */
export const publicReferenceOf = (name: ComponentName, pins: Pins, { registry }: ImageSources) =>
  publicReference(pins.repositories[name], pins.versions[name], registry)

/** The image that a run would take without asking a network, if there is one. */
export async function localImage(
  docker: Docker,
  name: ComponentName,
  sources: ImageSources,
): Promise<ResolvedImage | undefined> {
  const override = sources.overrides[name]
  if (override !== undefined) return find(docker.engine, name, override, 'override', 'local')
  return attempt.local(docker, name, loadPins(), { sources }).catch((error) => {
    if (error instanceof NotHere) return undefined
    throw error
  })
}

/** What {@link assemble} needs, from the same options. */
export function workshopOf(
  docker: Docker,
  pins: Pins,
  { sources, onProgress, signal, confirm }: ImageOptions,
): Workshop {
  return {
    docker,
    pins,
    cache: sources.cache,
    onProgress: onProgress ?? (() => {}),
    signal,
    confirm: confirm ?? (async () => true),
  }
}

/** An assembled image of the same recipe that lost or changed its tag, as by `docker tag` or another load. */
async function findLabelled(
  engine: Dockerode,
  name: ComponentName,
  pins: Pins,
): Promise<ResolvedImage | undefined> {
  const [image] = await engine.listImages({
    filters: {
      label: [
        `${imageLabels.component}=${name}`,
        `${imageLabels.version}=${pins.versions[name]}`,
        `${imageLabels.recipe}=${recipeOf(name, pins)}`,
      ],
    },
  })
  return image === undefined ? undefined : find(engine, name, image.Id, 'assembled', 'local')
}

async function find(
  engine: Dockerode,
  name: ComponentName,
  reference: string,
  origin: ResolvedImage['origin'],
  obtained: ResolvedImage['obtained'],
): Promise<ResolvedImage | undefined> {
  try {
    const { Id, Config } = await engine.getImage(reference).inspect()
    const labels = Config.Labels ?? {}
    const own = [Config.Entrypoint ?? [], Config.Cmd ?? []].flat()
    return {
      name,
      reference,
      id: Id,
      origin,
      obtained,
      version:
        servedVersion(labels[imageLabels.served] ?? '', name) ??
        labels[imageLabels.version] ??
        (origin === 'override' ? `as in ${reference}` : parseReference(reference).tag),
      entrypoint: componentFacts[name].entrypoint ?? own,
    }
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw error
  }
}

async function mustFind(...args: Parameters<typeof find>): Promise<ResolvedImage> {
  const found = await find(...args)
  if (found === undefined) throw new NotHere(`${args[2]} is not on the engine after all`)
  return found
}

type Attempt = { readonly source: Source; readonly why: string; readonly cause?: unknown }

class NotHere extends Error {
  override readonly name = 'NotHere'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The last line alone is often only "error: subprocess failed".
  return error instanceof CommandFailed && error.lastLines.length > 1
    ? `${error.message}\n      ${error.lastLines.slice(-5).join('\n      ')}`
    : error.message
}

const SOURCE_TITLES: Readonly<Record<Source, string>> = {
  override: 'the image asked for',
  local: 'an image on the engine',
  public: 'the public image',
  assembled: 'assembly from packages',
}

/** No source has the component; the message lists each attempt and why it failed. */
export class ComponentUnavailable extends Error {
  override readonly name = 'ComponentUnavailable'
  readonly exitCode = 10
  readonly component: ComponentName
  readonly attempts: readonly Attempt[]

  constructor(component: ComponentName, version: string, attempts: readonly Attempt[]) {
    const lines = attempts.map(({ source, why }) => `  - ${SOURCE_TITLES[source]}: ${why}`)
    super([`no source provides ${component} ${version}:`, ...lines].join('\n'), {
      cause: attempts.at(-1)?.cause,
    })
    this.component = component
    this.attempts = attempts
  }
}
