import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { readSettings } from '../settings.ts'
import { connectDocker, type Docker } from './docker.ts'
import { followStream } from './engine-stream.ts'
import { ComponentUnavailable, type ImageOptions, localImage, resolveImages } from './images.ts'
import { loadPins } from './pins.ts'
import { canBePulled, probeRegistry } from './registry.ts'

/**
 * The public path, against a real registry (Debian's docker-registry, unpacked and not
 * installed) that listens on loopback and wants a login.
 */
const USER = 'drill'
const PASSWORD = 'right'
/** bcrypt of that word; the registry takes no other scheme. */
const HTPASSWD = `${USER}:$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n`
/** A version that nobody has, so that no image of this machine answers instead. */
const VERSION = '0.0.1-public-path'

const folder = mkdtempSync(join(tmpdir(), 'registry-'))
const stop = new AbortController()
let docker: Docker
let prefix: string
let reference: string
let skipped: string | undefined
let serving: Promise<unknown> = Promise.resolve()

beforeAll(async () => {
  docker = await connectDocker()
  const program = await unpackRegistry().catch((error: Error) => {
    skipped = `the Debian package docker-registry cannot be had here: ${error.message}`
    return undefined
  })
  if (program === undefined) return
  const port = await freePort()
  prefix = `127.0.0.1:${port}/mirror`
  reference = `${prefix}/shopify/toxiproxy:${VERSION}`
  serving = serve(program, port).catch(() => {}) // it ends by our own abort
  await until('the registry answers', () => answers(port), { within: seconds(20) })
  await publish()
}, 300_000)

beforeEach(async ({ skip }) => {
  if (skipped !== undefined) skip(skipped)
  await forget()
})

afterAll(async () => {
  await forget()
  stop.abort()
  await serving
  rmSync(folder, { recursive: true, force: true })
})

const options = (change: {
  password?: string
  offline?: boolean
  dockerConfig?: string
}): ImageOptions => {
  const pins = loadPins()
  return {
    sources: {
      overrides: {},
      registry: {
        prefix,
        credentials:
          change.password === undefined
            ? undefined
            : { user: USER, password: new Secret(change.password) },
        dockerConfig: change.dockerConfig ?? folder,
      },
      // Assembly would answer for a registry that fails; below a file it cannot.
      cache: join(folder, 'htpasswd', 'cache'),
    },
    pins: { ...pins, versions: { ...pins.versions, toxiproxy: VERSION } },
    offline: change.offline ?? false,
  }
}

describe('the public image', () => {
  test('is pulled below the prefix with the given credentials', async () => {
    const { toxiproxy } = await resolveImages(
      docker,
      ['toxiproxy'],
      options({ password: PASSWORD }),
    )
    expect(toxiproxy).toMatchObject({
      reference,
      origin: 'public',
      obtained: 'pulled',
      version: VERSION,
      entrypoint: ['/toxiproxy'],
    })
  })

  test('counts as local once it was pulled, also offline', async () => {
    await resolveImages(docker, ['toxiproxy'], options({ password: PASSWORD }))
    const { toxiproxy } = await resolveImages(docker, ['toxiproxy'], options({ offline: true }))
    expect(toxiproxy).toMatchObject({ reference, origin: 'public', obtained: 'local' })
  })

  test('is pulled with what docker login stored', async () => {
    const dockerConfig = join(folder, 'login')
    mkdirSync(dockerConfig)
    const auth = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')
    const registry = prefix.split('/')[0] as string
    writeFileSync(
      join(dockerConfig, 'config.json'),
      JSON.stringify({ auths: { [registry]: { auth } } }),
    )
    const { toxiproxy } = await resolveImages(docker, ['toxiproxy'], options({ dockerConfig }))
    expect(toxiproxy.obtained).toBe('pulled')
  })

  test('is not pulled with a wrong password, and the message says what to set', async () => {
    const error = await failureOf(options({ password: 'wrong' }))
    expect(error.attempts.map(({ source }) => source)).toEqual(['local', 'public', 'assembled'])
    expect(error.message).toContain(`- the public image: pulling ${reference}: `)
    expect(error.message).toContain('set DRILL_REGISTRY_USER and DRILL_REGISTRY_PASSWORD')
    expect(error.message).not.toContain('wrong')
  })

  test('is not asked for offline', async () => {
    const error = await failureOf(options({ password: PASSWORD, offline: true }))
    expect(error.message).toContain('- the public image: forbidden by --offline')
    expect(error.message).toContain('- an image on the engine: neither ')
  })

  test('can be told from one that the registry does not have, without pulling', async () => {
    const { registry } = options({ password: PASSWORD }).sources
    const parts = {
      registry: prefix.split('/')[0] as string,
      repository: 'mirror/shopify/toxiproxy',
    }
    expect(await canBePulled(docker.engine, { ...parts, tag: VERSION }, registry)).toBe(true)
    expect(await canBePulled(docker.engine, { ...parts, tag: '9.9.9' }, registry)).toBe(false)
    expect(await localImage(docker, 'toxiproxy', override(reference))).toBeUndefined()
  })
})

describe('an override', () => {
  test('is pulled when it is not there, and is the only source', async () => {
    const wanted = options({ password: PASSWORD })
    const sources = { ...wanted.sources, overrides: { toxiproxy: reference } }
    const { toxiproxy } = await resolveImages(docker, ['toxiproxy'], { ...wanted, sources })
    expect(toxiproxy).toMatchObject({ reference, origin: 'override', obtained: 'pulled' })
  })

  test('that nobody has is not replaced by another image', async () => {
    const missing = reference.replace(VERSION, 'missing')
    const wanted = options({ password: PASSWORD })
    const sources = { ...wanted.sources, overrides: { toxiproxy: missing } }
    const error = await failureOf({ ...wanted, sources })
    expect(error.attempts.map(({ source }) => source)).toEqual(['override'])
    expect(error.message).toContain('the registry does not have it')
  })
})

const override = (image: string) => ({
  ...options({}).sources,
  overrides: { toxiproxy: image },
})

async function failureOf(wanted: ImageOptions): Promise<ComponentUnavailable> {
  const outcome = await resolveImages(docker, ['toxiproxy'], wanted).catch((error) => error)
  expect(outcome).toBeInstanceOf(ComponentUnavailable)
  return outcome as ComponentUnavailable
}

async function unpackRegistry(): Promise<string> {
  const within = minutes(2)
  await run('apt-get', ['download', 'docker-registry'], { cwd: folder, within })
  await run('sh', ['-c', 'exec dpkg-deb -x docker-registry_*.deb package'], { cwd: folder, within })
  return join(folder, 'package', 'usr', 'bin', 'docker-registry')
}

function serve(program: string, port: number): Promise<string> {
  const htpasswd = join(folder, 'htpasswd')
  const configuration = join(folder, 'registry.yml')
  writeFileSync(htpasswd, HTPASSWD)
  chmodSync(htpasswd, 0o600)
  writeFileSync(
    configuration,
    [
      'version: 0.1',
      'log: { level: error }',
      `storage: { filesystem: { rootdirectory: ${join(folder, 'data')} } }`,
      `http: { addr: '127.0.0.1:${port}', secret: throw-away }`,
      `auth: { htpasswd: { realm: drill, path: ${htpasswd} } }`,
    ].join('\n'),
  )
  return run(program, ['serve', configuration], { signal: stop.signal })
}

async function answers(port: number) {
  // The probe remembers its answer, so it must not be the first to ask.
  await run(process.execPath, ['-e', `await fetch('http://127.0.0.1:${port}/v2/')`], {
    within: seconds(5),
  })
  await probeRegistry(`127.0.0.1:${port}`)
  return existsSync(folder) ? happened(undefined) : notYet('no folder')
}

/** What stands for the public image: the same program, without our labels. */
async function publish(): Promise<void> {
  const { toxiproxy } = await resolveImages(docker, ['toxiproxy'], {
    sources: readSettings({}).sources,
  })
  const { engine } = docker
  const container = await engine.createContainer({ Image: toxiproxy.id })
  try {
    const [repo = ''] = reference.split(/:(?=[^:]+$)/)
    const imported = await engine.importImage((await container.export()) as unknown as string, {
      repo,
      tag: VERSION,
      changes: 'ENTRYPOINT ["/toxiproxy"]',
    })
    await followStream(imported as Readable, undefined)
  } finally {
    await container.remove()
  }
  const pushing = await engine.getImage(reference).push({
    tag: VERSION,
    authconfig: { username: USER, password: PASSWORD, serveraddress: prefix },
  })
  await followStream(pushing as unknown as Readable, undefined)
}

async function forget(): Promise<void> {
  if (reference === undefined) return
  await docker.engine
    .getImage(reference)
    .remove()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error
    })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
