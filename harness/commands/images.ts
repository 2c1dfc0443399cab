import { Command } from 'commander'
import { readSettings, type Settings } from '../settings.ts'
import { assemble } from '../stack/assemble.ts'
import { type ComponentName, componentNames, isComponentName } from '../stack/component.ts'
import { connectDocker, type Docker } from '../stack/docker.ts'
import { loadImages, localImages, removeAssembled, saveImages } from '../stack/image-store.ts'
import { workshopOf } from '../stack/images.ts'
import { loadPins } from '../stack/pins.ts'
import { STAGE_IMAGES } from '../stage.ts'
import { confirmOnTerminal } from './confirm.ts'
import { UsageError } from './usage-error.ts'

/** What `images build` makes without names: everything that a run on OpenBao needs. */
const OPENBAO_STACK: readonly ComponentName[] = ['openbao', ...STAGE_IMAGES]

type Context = {
  readonly docker: Docker
  readonly sources: Settings['sources']
  readonly signal: AbortSignal
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const note = (line: string) => process.stderr.write(`${line}\n`)

/** `images ls|build|save|load|rm`: component images for CI caches and machines without a network. */
export function imagesCommand(): Command {
  const images = new Command('images').description('the container images that runs are made of')
  const on =
    <Args extends unknown[]>(action: (context: Context, ...args: Args) => Promise<void>) =>
    async (...args: Args) => {
      const settings = readSettings()
      const signal = stoppedBySignals()
      const docker = await connectDocker({ dial: settings.dial })
      await action({ docker, sources: settings.sources, signal }, ...args)
    }
  images
    .command('ls')
    .description('what the engine holds of each component')
    .option('--json', 'one JSON document')
    .action(on(list))
  images
    .command('build')
    .description('assemble from packages (without names: the OpenBao stack)')
    .argument('[name...]', componentNames.join(', '))
    .action(
      on(async ({ docker, sources, signal }, names: readonly string[]) => {
        const wanted = names.length === 0 ? OPENBAO_STACK : names.map(asComponent)
        const workshop = workshopOf(docker, loadPins(), {
          sources,
          onProgress: note,
          signal,
          confirm: confirmOnTerminal,
        })
        const tags = await allOrNone(wanted.map((name) => assemble(name, workshop)))
        for (const tag of tags) say(tag)
      }),
    )
  images
    .command('save')
    .description('write what the engine holds into one file (.tar or .tar.gz)')
    .argument('<file>')
    .action(on(save))
  images
    .command('load')
    .description('read such a file')
    .argument('<file>')
    .action(
      on(async ({ docker, signal }, file: string) => {
        for (const name of await loadImages(docker, file, signal)) say(name)
      }),
    )
  images
    .command('rm')
    .description('remove assembled images (without names: all, and the build cache)')
    .argument('[name...]', componentNames.join(', '))
    .action(
      on(async ({ docker, sources }, names: readonly string[]) => {
        const removed = await removeAssembled(docker, names.map(asComponent), sources.cache)
        for (const name of removed) say(name)
        if (removed.length === 0) note('no assembled image is on the engine')
      }),
    )
  return images
}

async function list(
  { docker, sources }: Context,
  { json = false }: { json?: boolean },
): Promise<void> {
  const pins = loadPins()
  const images = await localImages(docker, sources)
  const rows = [...images].map(([name, image]) => ({
    name,
    pinned: pins.versions[name],
    reference: image?.reference ?? null,
    origin: image?.origin ?? null,
    id: image?.id ?? null,
  }))
  if (json) return void say(JSON.stringify(rows, null, 2))
  const lines = rows.map(({ name, pinned, reference, origin }) => {
    const where = reference ?? 'not here: pulled or assembled when needed'
    return `${name.padEnd(11)} ${pinned.padEnd(8)} ${(origin ?? '-').padEnd(10)} ${where}`
  })
  say(lines.join('\n'))
}

async function save({ docker, sources, signal }: Context, file: string): Promise<void> {
  const images = [...(await localImages(docker, sources)).values()].filter(
    (image) => image !== undefined,
  )
  if (images.length === 0) {
    throw new UsageError('no component image is on the engine: "./drill images build" makes them')
  }
  const references = images.map(({ reference }) => reference)
  await saveImages(docker, references, file, signal)
  for (const reference of references) say(reference)
}

/** The error of the first that fails, but only when all have ended: no build goes on unseen. */
async function allOrNone<T>(parts: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(parts)
  return Promise.all(parts)
}

function asComponent(name: string): ComponentName {
  if (!isComponentName(name)) {
    throw new UsageError(`there is no component "${name}", only ${componentNames.join(', ')}`)
  }
  return name
}

/** The first Ctrl-C stops builds and cleans up; the second one ends the process as it would have. */
function stoppedBySignals(): AbortSignal {
  const controller = new AbortController()
  for (const [name, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(name, () => controller.abort(new ImagesStopped(name, exitCode)))
  }
  return controller.signal
}

class ImagesStopped extends Error {
  override readonly name = 'ImagesStopped'
  readonly exitCode: number

  constructor(by: string, exitCode: number) {
    super(`stopped by ${by}`)
    this.exitCode = exitCode
  }
}
