import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { formatDuration, minutes, seconds } from '../lib/duration.ts'
import { fetchOnce } from '../lib/http.ts'
import { type Credentials, storedCredentials } from './credentials.ts'
import { followStream } from './engine-stream.ts'
import { formatReference, parseReference, type Reference, underPrefix } from './reference.ts'

/** Where public images are taken from, as the settings say it. */
export type RegistrySettings = {
  /** Mirror that stands before every public image. */
  readonly prefix?: string | undefined
  /** For that mirror; other registries use what `docker login` stored. */
  readonly credentials?: Credentials | undefined
  readonly dockerConfig: string
}

const PROBE_WITHIN = seconds(3)
const PULL_WITHIN = minutes(10)

/** The pinned image as it is called where this machine gets its images. */
export function publicReference(
  repository: string,
  version: string,
  { prefix }: RegistrySettings,
): Reference {
  const reference = parseReference(`${repository}:${version}`)
  return prefix === undefined ? reference : underPrefix(reference, prefix)
}

const probes = new Map<string, Promise<void>>()

/**
 * Asks once per process whether a registry answers at all, so that a machine without one loses
 * three seconds and not a pull's many minutes. 401 is an answer: it is there and wants a login.
 * @throws {RegistrySilent}
 */
export function probeRegistry(registry: string): Promise<void> {
  const known = probes.get(registry)
  if (known !== undefined) return known
  const probe = ask(registry)
  probe.catch(() => {}) // whoever awaits it gets the error; a second asker may come later or never
  probes.set(registry, probe)
  return probe
}

async function ask(registry: string): Promise<void> {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  const schemes = isLoopback(registry) ? ['https', 'http'] : ['https']
  let lastSeen: unknown
  for (const scheme of schemes) {
    try {
      const { status } = await fetchOnce(`${scheme}://${host}/v2/`, { within: PROBE_WITHIN })
      if (status === 200 || status === 401) return
      lastSeen = `status ${status}`
    } catch (error) {
      lastSeen = error
    }
  }
  throw new RegistrySilent(registry, lastSeen)
}

/** dockerd speaks plain HTTP with registries on loopback only, so we do too. */
const isLoopback = (registry: string): boolean =>
  /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(registry)

/** Whether the engine could pull the image now, asked of the registry through the engine. */
export async function canBePulled(
  engine: Dockerode,
  reference: Reference,
  settings: RegistrySettings,
): Promise<boolean> {
  try {
    await probeRegistry(reference.registry)
    const authconfig = await authFor(reference, settings)
    await engine
      .getImage(formatReference(reference))
      .distribution(authconfig === undefined ? {} : { authconfig })
    return true
  } catch {
    return false // why not is said when it is really wanted
  }
}

/**
 * Has the engine pull an image.
 * @throws {RegistrySilent} when nothing answers there; {PullFailed} with what to set.
 */
export async function pull(
  engine: Dockerode,
  reference: Reference,
  settings: RegistrySettings,
  signal?: AbortSignal,
  onStart: () => void = () => {},
): Promise<void> {
  await probeRegistry(reference.registry)
  onStart()
  const name = formatReference(reference)
  const limit = AbortSignal.timeout(PULL_WITHIN.ms)
  const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit])
  try {
    const authconfig = await authFor(reference, settings)
    const stream = (await engine.pull(name, {
      abortSignal,
      ...(authconfig === undefined ? {} : { authconfig }),
    })) as Readable
    await followStream(stream, abortSignal)
  } catch (cause) {
    signal?.throwIfAborted()
    const seen = limit.aborted
      ? `no end after ${formatDuration(PULL_WITHIN)}`
      : cause instanceof Error
        ? cause.message
        : String(cause)
    throw new PullFailed(name, seen, hintFor(seen, reference.registry), cause)
  }
}

async function authFor(reference: Reference, settings: RegistrySettings) {
  const { prefix, credentials, dockerConfig } = settings
  const fromMirror = prefix?.split('/')[0] === reference.registry ? credentials : undefined
  const found = fromMirror ?? (await storedCredentials(reference.registry, dockerConfig))
  return found === undefined
    ? undefined
    : {
        username: found.user,
        password: found.password.reveal(),
        serveraddress: reference.registry,
      }
}

/** The probe obeyed our own proxy and CA settings; the pull obeys the engine's, which nobody remembers. */
export function hintFor(seen: string, registry: string): string {
  if (/unauthorized|authentication|denied|no basic auth|401|403/i.test(seen)) {
    return `set DRILL_REGISTRY_USER and DRILL_REGISTRY_PASSWORD, or docker login ${registry}`
  }
  if (/x509|certificate/i.test(seen)) {
    return `the engine does not trust it: put your CA into /etc/docker/certs.d/${registry}/ca.crt on the engine's host`
  }
  if (/no such host|timeout|refused|unreachable|proxyconnect|no end after/i.test(seen)) {
    return 'the registry answers here but not to the engine: give dockerd HTTP_PROXY, HTTPS_PROXY and NO_PROXY in its own environment (or "proxies" in /etc/docker/daemon.json) and restart it'
  }
  if (/manifest unknown|not found/i.test(seen)) return 'the registry does not have it'
  return 'see the log of the engine'
}

export class RegistrySilent extends Error {
  override readonly name = 'RegistrySilent'
  constructor(registry: string, seen: unknown) {
    super(`no container registry answers at ${registry}: ${describe(seen)}`, { cause: seen })
  }
}

function describe(seen: unknown): string {
  if (!(seen instanceof Error)) return String(seen)
  if (seen.name === 'TimeoutError') return `nothing within ${formatDuration(PROBE_WITHIN)}`
  const inner = seen.cause instanceof Error ? seen.cause : seen
  const code = (inner as NodeJS.ErrnoException).code ?? ''
  return /CERT|SIGNATURE|SSL/.test(code)
    ? `${inner.message}; set NODE_EXTRA_CA_CERTS to your CA`
    : inner.message
}

export class PullFailed extends Error {
  override readonly name = 'PullFailed'
  constructor(image: string, seen: string, hint: string, cause: unknown) {
    super(`pulling ${image}: ${seen.trim()} (${hint})`, { cause })
  }
}
