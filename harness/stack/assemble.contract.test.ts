import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assemble } from './assemble.ts'
import { connectDocker, type Docker } from './docker.ts'
import { loadImages, saveImages } from './image-store.ts'
import { imageLabels } from './labels.ts'
import { loadPins, type Pins } from './pins.ts'
import { recipeOf, tagOf } from './recipe.ts'
import type { Workshop } from './workshop.ts'

/** Toxiproxy stands for all: it takes seconds, and its version is only a linker flag. */
const LIMIT_MS = 600_000
const cache = mkdtempSync(join(tmpdir(), 'assembly-'))
const made: string[] = []
let docker: Docker

beforeAll(async () => {
  docker = await connectDocker()
})
afterAll(async () => {
  for (const tag of made) await docker.engine.getImage(tag).remove().catch(ignoreMissing)
  rmSync(cache, { recursive: true, force: true })
})

function pinsOf(version: string): Pins {
  const pins = loadPins()
  const own = { ...pins, versions: { ...pins.versions, toxiproxy: version } }
  made.push(tagOf('toxiproxy', own))
  return own
}

const workshop = (pins: Pins, signal?: AbortSignal): Workshop & { lines: string[] } => {
  const lines: string[] = []
  return {
    docker,
    pins,
    cache,
    signal,
    lines,
    onProgress: (line) => lines.push(line),
    confirm: async () => true,
  }
}

test('two that want the same image build it once', { timeout: LIMIT_MS }, async () => {
  const pins = pinsOf('0.0.2-once')
  const [first, second] = [workshop(pins), workshop(pins)]
  const tags = await Promise.all([assemble('toxiproxy', first), assemble('toxiproxy', second)])
  expect(tags[0]).toBe(tags[1])
  const lines = [...first.lines, ...second.lines]
  expect(lines.filter((line) => line.includes('assembling'))).toHaveLength(2) // begins, took so long
  expect(lines.filter((line) => line.includes('waiting'))).toHaveLength(1)
})

test('the image says what it is, and runs', { timeout: LIMIT_MS }, async () => {
  const pins = pinsOf('0.0.2-once')
  const tag = await assemble('toxiproxy', workshop(pins))
  const { Config } = await docker.engine.getImage(tag).inspect()
  expect(Config.Labels).toEqual({
    [imageLabels.component]: 'toxiproxy',
    [imageLabels.origin]: 'assembled',
    [imageLabels.version]: '0.0.2-once',
    [imageLabels.recipe]: recipeOf('toxiproxy', pins),
  })
  expect(await outputOf(tag, ['-version'])).toContain('0.0.2-once')
})

test('a stopped build leaves no image and no folder', { timeout: LIMIT_MS }, async () => {
  const pins = pinsOf('0.0.3-stopped')
  const stop = new AbortController()
  const building = assemble('toxiproxy', workshop(pins, stop.signal))
  setTimeout(() => stop.abort(new Error('stopped by SIGINT')), 500)
  await expect(building).rejects.toThrow('stopped by SIGINT')
  await expect(docker.engine.getImage(tagOf('toxiproxy', pins)).inspect()).rejects.toMatchObject({
    statusCode: 404,
  })
  expect(readdirSync(cache)).toEqual([])
})

test('images survive an archive, and a damaged archive is named', {
  timeout: LIMIT_MS,
}, async () => {
  const pins = pinsOf('0.0.4-archive')
  const tag = await assemble('toxiproxy', workshop(pins))
  const file = join(cache, 'images.tar.gz')
  await saveImages(docker, [tag], file)
  const { Id } = await docker.engine.getImage(tag).inspect()
  await docker.engine.getImage(tag).remove()
  expect(await loadImages(docker, file)).toEqual([tag])
  expect((await docker.engine.getImage(tag).inspect()).Id).toBe(Id)
  truncateSync(file, Math.floor(statSync(file).size / 2))
  await expect(loadImages(docker, file)).rejects.toThrow('images.tar.gz is no whole image archive')
  await expect(loadImages(docker, join(cache, 'none.tar'))).rejects.toThrow('ENOENT')
})

/** What the program of an image prints when it is run with these arguments. */
async function outputOf(tag: string, args: readonly string[]): Promise<string> {
  const container = await docker.engine.createContainer({ Image: tag, Cmd: [...args] })
  try {
    await container.start()
    await container.wait()
    const printed = await container.logs({ stdout: true, stderr: true })
    return printed.toString()
  } finally {
    await container.remove({ force: true })
  }
}

function ignoreMissing(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error
}
