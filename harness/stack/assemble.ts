import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkServed,
  debianRoot,
  formatServed,
  packagesOf,
  servedVersions,
} from './assemble-debian.ts'
import { goBinary } from './assemble-go.ts'
import { installWheels, openbaoBinary } from './assemble-python.ts'
import { withBuildLock } from './build-lock.ts'
import { buildImage } from './engine-build.ts'
import { imageLabels } from './labels.ts'
import { composeFolder } from './pins.ts'
import { type Assembled, recipeOf, standsOnBase, tagOf, versionOf } from './recipe.ts'
import { isReadable } from './system-package.ts'
import { CannotAssemble, inWorkFolder, isDiskFull, timed, type Workshop } from './workshop.ts'

/**
 * Images from ordinary packages, for machines without a container registry. One recipe is
 * built at most once per host; its tag and labels are the last thing to appear, so an
 * interrupted build is never taken for a finished one.
 */

/** Writes what the Dockerfile of a component copies; gives labels that only it can know. */
type Preparation = (
  workshop: Workshop,
  context: string,
  workFolder: string,
) => Promise<Readonly<Record<string, string>>>

const TOXIPROXY_MODULE = 'github.com/Shopify/toxiproxy/v2'

const preparations: Readonly<Record<Assembled, Preparation>> = {
  base: async (workshop, context, workFolder) => {
    const target = join(context, 'rootfs.tar')
    const packages = await packagesOf('base')
    await debianRoot(workshop, { packages, target, workFolder })
    const served = await servedVersions(target, packages)
    checkServed('haproxy', served, workshop)
    return { [imageLabels.served]: formatServed(served) }
  },
  haproxy: async () => ({}),
  k6: async (workshop, context) => {
    const program = { name: 'k6', package: 'go.k6.io/k6/v2', linkerFlags: '' } as const
    await goBinary(workshop, program, join(await scratchRoot(context), 'usr', 'bin', 'k6'))
    return {}
  },
  localstack: async (workshop, context) => {
    await installWheels(workshop, 'localstack', join(context, 'site'))
    return {}
  },
  openbao: async (workshop, context, workFolder) => {
    await openbaoBinary(workshop, await scratchRoot(context), workFolder)
    return {}
  },
  // A root of its own and not the base: what it adds is four times as large.
  operator: async (workshop, context, workFolder) => {
    const target = join(context, 'rootfs.tar')
    const packages = await packagesOf('operator')
    await debianRoot(workshop, { packages, target, workFolder })
    const served = await servedVersions(target, packages)
    return { [imageLabels.served]: formatServed(served) }
  },
  toolbox: async () => ({}),
  toxiproxy: async (workshop, context) => {
    const program = {
      name: 'toxiproxy',
      package: `${TOXIPROXY_MODULE}/cmd/server`,
      linkerFlags: `-X ${TOXIPROXY_MODULE}.Version=${workshop.pins.versions.toxiproxy}`,
    } as const
    await goBinary(workshop, program, join(await scratchRoot(context), 'toxiproxy'))
    return {}
  },
  vault: async (workshop, context) => {
    const program = {
      name: 'vault',
      package: 'github.com/hashicorp/vault',
      linkerFlags: '',
    } as const
    await goBinary(workshop, program, join(await scratchRoot(context), 'bin', 'vault'))
    return {}
  },
}

/**
 * Gives the tag of the assembled image, building it (and the base it stands on) when the engine
 * does not have it yet.
 * @throws {CannotAssemble} in one sentence; {CommandFailed} with the tool's last words.
 */
export async function assemble(name: Assembled, workshop: Workshop): Promise<string> {
  const { docker, pins, signal, onProgress } = workshop
  if (docker.facts.arch !== process.arch) {
    throw new CannotAssemble(
      `assembly makes ${process.arch} images and the engine wants ${docker.facts.arch}`,
    )
  }
  const tag = tagOf(name, pins)
  const recipe = recipeOf(name, pins)
  return withBuildLock(
    `${name}-${recipe}`,
    async () => {
      if (await isThere(workshop, tag)) return tag
      return timed(workshop, name, `assembling ${versionOf(name, pins)} from packages`, () =>
        inWorkFolder(workshop, `${name}-${recipe}`, (folder) => build(name, workshop, folder)),
      )
    },
    { signal, onWait: () => onProgress(`${name}: another build of it is under way, waiting`) },
  ).catch((error) => {
    throw isDiskFull(error) ? new CannotAssemble(diskFull(name, workshop), error) : error
  })
}

async function build(name: Assembled, workshop: Workshop, folder: string): Promise<string> {
  const { pins, docker, signal } = workshop
  const context = join(folder, 'context')
  await mkdir(context)
  await cp(join(composeFolder, name, 'Dockerfile'), join(context, 'Dockerfile'))
  const { base, labels } = await prepare(name, workshop, context, folder)
  const tag = tagOf(name, pins)
  await buildImage(docker.engine, {
    context,
    tag,
    buildArgs: base === undefined ? {} : { BASE: base },
    labels: {
      ...labels,
      [imageLabels.component]: name,
      [imageLabels.origin]: 'assembled',
      [imageLabels.version]: versionOf(name, pins),
      [imageLabels.recipe]: recipeOf(name, pins),
    },
    signal,
  })
  return tag
}

/** The base takes as long as the packages: both at once, and when one fails the other stops first. */
async function prepare(
  name: Assembled,
  workshop: Workshop,
  context: string,
  folder: string,
): Promise<{ base: string | undefined; labels: Readonly<Record<string, string>> }> {
  const failed = new AbortController()
  const { signal } = workshop
  const together: Workshop = {
    ...workshop,
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
  }
  const stopOthers = (error: unknown) => {
    failed.abort(error)
    throw error
  }
  const base = standsOnBase(name) ? assemble('base', together).catch(stopOthers) : undefined
  const prepared = preparations[name](together, context, folder).catch(stopOthers)
  await Promise.allSettled([base, prepared])
  failed.signal.throwIfAborted()
  return { base: await base, labels: await prepared }
}

async function isThere({ docker }: Workshop, tag: string): Promise<boolean> {
  return docker.engine
    .getImage(tag)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) return false
        throw error
      },
    )
}

/** What a static server expects of a system: users, authorities, a place for temporary files. */
async function scratchRoot(context: string): Promise<string> {
  const rootfs = join(context, 'rootfs')
  await mkdir(join(rootfs, 'etc', 'ssl', 'certs'), { recursive: true })
  await mkdir(join(rootfs, 'tmp'))
  await chmod(join(rootfs, 'tmp'), 0o1777)
  await writeFile(join(rootfs, 'etc', 'passwd'), 'root:x:0:0:root:/:/nonexistent\n')
  await writeFile(join(rootfs, 'etc', 'group'), 'root:x:0:\n')
  const authorities = '/etc/ssl/certs/ca-certificates.crt'
  if (await isReadable(authorities)) await copyFile(authorities, join(rootfs, authorities))
  return rootfs
}

const diskFull = (name: Assembled, { cache }: Workshop): string =>
  `the disk is full: assembling ${name} needs room in ${cache} and where the engine keeps its images`
