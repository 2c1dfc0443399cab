import { buffer } from 'node:stream/consumers'
import type Dockerode from 'dockerode'
import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type ArchiveFile, allFilesOf, archiveOf, firstFileOf } from './archive.ts'

export type ContainerSpec = {
  readonly name: string
  readonly image: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly hostname?: string
  /** Own place in a network, or the namespace of another container. */
  readonly network:
    | { readonly name: string; readonly ip?: string }
    | { readonly of: Container }
    | 'none'
  readonly hosts?: readonly string[]
  /** Volume name → path inside. */
  readonly volumes?: Readonly<Record<string, string>>
  /** Container ports published on loopback with a free host port. */
  readonly publish?: readonly number[]
  readonly files?: readonly ArchiveFile[]
  readonly capabilities?: readonly string[]
  readonly securityOptions?: readonly string[]
  /** A first process that reaps what others leave. */
  readonly init?: boolean
  /** Bytes; no swap beside it. */
  readonly memoryBytes?: number
  /** Weight among the containers, for CPU time that several want; usual is 1024. */
  readonly cpuShares?: number
}

export type ContainerState = {
  readonly running: boolean
  readonly paused: boolean
  readonly exitCode: number
  readonly pid: number
  readonly startedAt: string
  /** Of the process before, while another one runs. */
  readonly finishedAt: string
  readonly outOfMemory: boolean
}

export type Answer = { readonly exitCode: number; readonly output: string }

/** One container that this run made. Files are in it before it starts. */
export class Container {
  readonly id: string
  readonly name: string
  readonly #container: Dockerode.Container

  constructor(docker: Dockerode, id: string, name: string) {
    this.id = id
    this.name = name
    this.#container = docker.getContainer(id)
  }

  async start(): Promise<void> {
    await this.#container.start().catch(ignoring(304)) // already running
  }

  /** SIGTERM, then SIGKILL after the grace. */
  async stop(graceSeconds = 10): Promise<void> {
    await this.#container.stop({ t: graceSeconds }).catch(ignoring(304, 404))
  }

  async restart(graceSeconds = 0): Promise<void> {
    await this.#container.restart({ t: graceSeconds })
  }

  async signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR2'): Promise<void> {
    await this.#container.kill({ signal: name })
  }

  /** Freezes every process in it. @throws when it does not run or is paused already. */
  async pause(): Promise<void> {
    await this.#container.pause()
  }

  /** Twice is harmless. */
  async unpause(): Promise<void> {
    const { running, paused } = await this.state()
    if (running && paused) await this.#container.unpause()
  }

  /** Changes limits of the running container; units are the engine's: bytes, microseconds. */
  async limit(limits: {
    readonly Memory?: number
    readonly MemorySwap?: number
    readonly CpuPeriod?: number
    readonly CpuQuota?: number
  }): Promise<void> {
    await this.#container.update({ ...limits })
  }

  /**
   * Runs a command inside; both streams as one text.
   * @throws {ExecTooSlow} the command may go on then.
   */
  async exec(command: readonly string[], within: Duration): Promise<Answer> {
    const exec = await this.#container.exec({
      Cmd: [...command],
      AttachStdout: true,
      AttachStderr: true,
    })
    const stream = await exec.start({ hijack: false, stdin: false })
    const timer = setTimeout(() => {
      stream.destroy(new ExecTooSlow(this.name, command, within))
    }, within.ms)
    try {
      const output = unframed(await buffer(stream))
      const { ExitCode } = await exec.inspect()
      return { exitCode: ExitCode ?? -1, output }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Its labels; `undefined` when it does not exist any more. */
  async labelsIfThere(): Promise<Readonly<Record<string, string>> | undefined> {
    return this.labels().catch((error) => {
      if (statusOf(error) === 404) return undefined
      throw error
    })
  }

  async state(): Promise<ContainerState> {
    const { State } = await this.#container.inspect()
    return {
      running: State.Running,
      paused: State.Paused,
      exitCode: State.ExitCode,
      pid: State.Pid,
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      outOfMemory: State.OOMKilled,
    }
  }

  async labels(): Promise<Readonly<Record<string, string>>> {
    return (await this.#container.inspect()).Config.Labels ?? {}
  }

  async publishedPort(port: number): Promise<number> {
    const { NetworkSettings } = await this.#container.inspect()
    const bound = NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort
    if (bound === undefined) throw new Error(`${this.name} publishes no port ${port}`)
    return Number(bound)
  }

  async ip(network: string): Promise<string> {
    const { NetworkSettings } = await this.#container.inspect()
    const ip = NetworkSettings.Networks[network]?.IPAddress
    if (ip === undefined || ip === '') throw new Error(`${this.name} has no address in ${network}`)
    return ip
  }

  async put(files: readonly ArchiveFile[]): Promise<void> {
    await this.#container.putArchive(archiveOf(files), { path: '/' })
  }

  /** The file's content, also from a stopped container. */
  async read(path: string): Promise<string> {
    return firstFileOf(await this.#container.getArchive({ path }))
  }

  /** The contents of all files below a folder, one after another. */
  async readAll(path: string): Promise<readonly Buffer[]> {
    return allFilesOf(await this.#container.getArchive({ path }))
  }

  /** Both streams as text; `tail` counts lines. */
  async logs(tail?: number): Promise<string> {
    const raw = await this.#container.logs({
      stdout: true,
      stderr: true,
      ...(tail === undefined ? {} : { tail }),
    })
    return unframed(raw as unknown as Buffer)
  }

  async remove(): Promise<void> {
    await this.#container.remove({ force: true, v: true }).catch(ignoring(404, 409))
    // 409 = somebody removes it already; it is gone only when inspect says so.
    await until(
      `${this.name} is removed`,
      async () => {
        const gone = await this.#container.inspect().then(
          () => false,
          (error) => statusOf(error) === 404,
        )
        return gone ? happened(true) : notYet('still listed')
      },
      { within: seconds(30), every: milliseconds(20) },
    )
  }
}

/** Creates and fills a container without starting it. */
export async function createContainer(docker: Dockerode, spec: ContainerSpec): Promise<Container> {
  const { network, publish = [] } = spec
  const created = await docker.createContainer({
    name: spec.name,
    Image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
    // Root inside: fresh volumes belong to root, whatever user the image was made for.
    User: '0:0',
    Env: Object.entries(spec.env ?? {}).map(([key, value]) => `${key}=${value}`),
    Labels: { ...spec.labels },
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    ExposedPorts: Object.fromEntries(publish.map((port) => [`${port}/tcp`, {}])),
    HostConfig: {
      NetworkMode: networkMode(network),
      ...(spec.hosts === undefined ? {} : { ExtraHosts: [...spec.hosts] }),
      Mounts: Object.entries(spec.volumes ?? {}).map(([Source, Target]) => ({
        Type: 'volume' as const,
        Source,
        Target,
      })),
      PortBindings: Object.fromEntries(
        publish.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]]),
      ),
      ...(spec.capabilities === undefined ? {} : { CapAdd: [...spec.capabilities] }),
      ...(spec.securityOptions === undefined ? {} : { SecurityOpt: [...spec.securityOptions] }),
      ...(spec.init === undefined ? {} : { Init: spec.init }),
      ...(spec.memoryBytes === undefined
        ? {}
        : { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
      ...(spec.cpuShares === undefined ? {} : { CpuShares: spec.cpuShares }),
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '50m' } },
    },
    ...(network === 'none' || 'of' in network
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: {
              [network.name]:
                network.ip === undefined ? {} : { IPAMConfig: { IPv4Address: network.ip } },
            },
          },
        }),
  })
  const container = new Container(docker, created.id, spec.name)
  if (spec.files !== undefined) {
    try {
      await container.put(spec.files)
    } catch (error) {
      await container.remove()
      throw error
    }
  }
  return container
}

function networkMode(network: ContainerSpec['network']): string {
  if (network === 'none') return 'none'
  return 'of' in network ? `container:${network.of.id}` : network.name
}

/**
 * The Docker log stream is framed (8 bytes: stream, 0, 0, 0, length) unless a terminal was
 * attached, which never happens here.
 */
function unframed(raw: Buffer): string {
  const parts: Buffer[] = []
  let at = 0
  while (at + 8 <= raw.length) {
    const length = raw.readUInt32BE(at + 4)
    parts.push(raw.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return Buffer.concat(parts).toString('utf8')
}

export const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error
    ? Number(error.statusCode)
    : undefined

/** For calls whose goal is already reached: `404` on removal, `304` on start and stop. */
export const ignoring =
  (...statuses: number[]) =>
  (error: unknown): void => {
    const status = statusOf(error)
    if (status === undefined || !statuses.includes(status)) throw error
  }

/** A command in a container gave no answer in time. */
export class ExecTooSlow extends Error {
  override readonly name = 'ExecTooSlow'
  constructor(container: string, command: readonly string[], within: Duration) {
    const told = command.join(' ').slice(0, 120)
    super(`"${told}" in ${container} gave no answer within ${formatDuration(within)}`)
  }
}
