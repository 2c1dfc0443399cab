import { existsSync, readdirSync, readFileSync } from 'node:fs'
import Dockerode from 'dockerode'
import { formatDuration, seconds } from '../lib/duration.ts'
import type { EnginePlace } from './engine-place.ts'

/** What is known of the engine that answered. */
export type EngineFacts = {
  readonly version: string
  readonly apiVersion: string
  /** As the engine names its system, for run.json: `Debian GNU/Linux 12 (bookworm)`. */
  readonly os: string
  /** The architecture of its containers, in Node's words: `x64`, `arm64`. */
  readonly arch: string
  readonly rootless: boolean
  /** Its processes are ours to see and its bridges are ours: host pids and container IPs can be used. */
  readonly local: boolean
  /** How containers are reached: at their own IP, or at published ports of the engine's host. */
  readonly dial: 'direct' | 'published'
}

export type Docker = { readonly engine: Dockerode; readonly facts: EngineFacts }

const DEFAULT_SOCKET = '/var/run/docker.sock'
const API_AT_LEAST = '1.41'
const ANSWER_WITHIN = seconds(5)

/**
 * Finds the engine and learns what it can do. `DOCKER_HOST` or the default socket come first;
 * only when neither is there does testcontainers look around (rootless sockets, its own
 * properties file), because importing it costs 0.4 s.
 * @throws {EngineUnavailable} with the fix, when there is none, it is too old or not permitted.
 */
export async function connectDocker({
  dial,
}: {
  dial?: 'direct' | 'published' | undefined
} = {}): Promise<Docker> {
  const engine = byEnvironment()
  const seen = await answerOf(engine).catch((error) => asFailure(error))
  if (!(seen instanceof Failure)) return learn(engine, seen, dial)
  const place = await placeOf(engine)
  // An engine that was named and is not there must not be replaced by another one.
  const mayLookAround = seen.code === 'ENOENT' && place === DEFAULT_SOCKET
  const elsewhere = mayLookAround ? await discover() : undefined
  if (elsewhere === undefined) throw explain(seen, place)
  return learn(elsewhere, await answerOf(elsewhere), dial)
}

/** The engine at this place, for a process that does not know our environment. */
export const dockerAt = ({ facts, connection }: EnginePlace): Docker => ({
  engine: new Dockerode(connection),
  facts,
})

function byEnvironment(): Dockerode {
  try {
    return new Dockerode()
  } catch (cause) {
    throw new EngineUnavailable('DOCKER_HOST is not an address such as tcp://host:2375', cause)
  }
}

type Answer = { Version: string; ApiVersion: string; Arch: string }

async function answerOf(engine: Dockerode): Promise<Answer> {
  // dockerode passes the signal on, its types do not know it for this call.
  const version = engine.version as (options: { abortSignal: AbortSignal }) => Promise<Answer>
  return version.call(engine, { abortSignal: AbortSignal.timeout(ANSWER_WITHIN.ms) })
}

async function discover(): Promise<Dockerode | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  try {
    return (await getContainerRuntimeClient()).container.dockerode as unknown as Dockerode
  } catch {
    return undefined // it found none either; what the default socket said is the better message
  }
}

async function learn(
  engine: Dockerode,
  { Version, ApiVersion, Arch }: Answer,
  wantedDial: 'direct' | 'published' | undefined,
): Promise<Docker> {
  if (isOlder(ApiVersion, API_AT_LEAST)) {
    throw new EngineUnavailable(
      `Docker Engine ${Version} speaks API ${ApiVersion}; ${API_AT_LEAST} (Engine 20.10) or newer is needed: upgrade it`,
    )
  }
  const info = await engine.info()
  const rootless = (info.SecurityOptions ?? []).some((option: string) =>
    option.includes('rootless'),
  )
  const local =
    (await placeOf(engine)).startsWith('/') &&
    process.platform === 'linux' &&
    !/docker desktop/i.test(info.OperatingSystem) &&
    !rootless &&
    seesProcess('dockerd') &&
    (await ownsBridge(engine))
  return {
    engine,
    facts: {
      version: Version,
      apiVersion: ApiVersion,
      os: info.OperatingSystem,
      arch: Arch === 'amd64' ? 'x64' : Arch,
      rootless,
      local,
      dial: wantedDial ?? (local ? 'direct' : 'published'),
    },
  }
}

/** A socket that is mounted into a container leads to an engine whose processes are not visible. */
function seesProcess(command: string): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/comm`, 'utf8').trim() === command
    } catch {
      return false // it ended between the two calls
    }
  })
}

/** Its default bridge is an interface of ours, so container IPs are one hop away. */
async function ownsBridge(engine: Dockerode): Promise<boolean> {
  const { Options } = await engine.getNetwork('bridge').inspect()
  const bridge = Options?.['com.docker.network.bridge.name'] ?? 'docker0'
  // Not os.networkInterfaces(): a bridge without a running container is missing there.
  return existsSync(`/sys/class/net/${bridge}`)
}

async function placeOf(engine: Dockerode): Promise<string> {
  const { modem } = engine as unknown as {
    modem: { host?: string; port?: number; getSocketPath: () => Promise<string> | undefined }
  }
  return (await modem.getSocketPath()) ?? `${modem.host}:${modem.port}`
}

const isOlder = (version: string, than: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [majorNeeded = 0, minorNeeded = 0] = than.split('.').map(Number)
  return major < majorNeeded || (major === majorNeeded && minor < minorNeeded)
}

class Failure {
  readonly code: string
  readonly cause: unknown
  constructor(code: string, cause: unknown) {
    this.code = code
    this.cause = cause
  }
}

function asFailure(cause: unknown): Failure {
  const { code, name } = cause as { code?: string | number; name?: string }
  if (name === 'AbortError' || name === 'TimeoutError') return new Failure('TIMEOUT', cause)
  return new Failure(String(code ?? name), cause)
}

function explain({ code, cause }: Failure, place: string): EngineUnavailable {
  const why = cause instanceof Error ? cause.message : String(cause)
  const messages: Readonly<Record<string, string>> = {
    ENOENT: `no Docker Engine found at ${place}: install one (on Debian or Ubuntu: apt-get install docker.io) or set DOCKER_HOST`,
    ECONNREFUSED: `no Docker Engine listens at ${place}: start it (systemctl start docker) or set DOCKER_HOST`,
    EACCES: `this user may not use the Docker socket ${place}: usermod -aG docker <user>, then log in again`,
    TIMEOUT: `the Docker Engine at ${place} gave no answer within ${formatDuration(ANSWER_WITHIN)}: restart it`,
  }
  return new EngineUnavailable(
    messages[code] ?? `the Docker Engine at ${place} could not be asked: ${why}`,
    cause,
  )
}

/** One sentence and the fix. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable'
  readonly exitCode = 10

  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}
