import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough, type Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { fileOf } from './archive.ts'
import { type Container, statusOf } from './container.ts'

const HEARD_WITHIN_MS = 3000

/** A program in a container of its own that runs to its end, and what it leaves there. */
export class Program {
  readonly #docker: Dockerode
  readonly #container: Container
  /** Everything that it said was taken. */
  #heard: Promise<unknown> = Promise.resolve()

  constructor(docker: Dockerode, container: Container) {
    this.#docker = docker
    this.#container = container
  }

  /** @param said takes each line of its standard error as it comes. */
  async start(said: (line: string) => void): Promise<void> {
    await this.#container.start()
    const both = await this.#handle.logs({ follow: true, stdout: true, stderr: true })
    const errors = new PassThrough()
    this.#docker.modem.demuxStream(both, new PassThrough().resume(), errors)
    both.on('end', () => errors.end())
    both.on('error', () => errors.end()) // whoever waits for its end learns why
    const lines = createInterface({ input: errors }).on('line', said)
    this.#heard = once(lines, 'close')
  }

  /** Its exit code, when its last word was heard; to be called once it was started. */
  async ended(): Promise<number> {
    const { StatusCode } = (await this.#handle.wait()) as { readonly StatusCode: number }
    // The engine may be slow to end the stream; what comes later is in its log all the same.
    await Promise.race([this.#heard, sleep(HEARD_WITHIN_MS, undefined, { ref: false })])
    return StatusCode
  }

  /** Asks it to end, as a terminal does. Twice is harmless, and so is too late. */
  async interrupt(): Promise<void> {
    await this.#container.signal('SIGTERM').catch((error) => {
      const status = statusOf(error)
      if (status !== 404 && status !== 409) throw error // it is gone, or does not run any more
    })
  }

  /** CPU time of all its threads so far in milliseconds; `undefined` when it does not run. */
  async cpuMs(): Promise<number | undefined> {
    const { cpu_stats: cpu } = await this.#handle.stats({ stream: false, 'one-shot': true })
    const used = cpu?.cpu_usage?.total_usage ?? 0
    return used === 0 ? undefined : used / 1_000_000
  }

  /**
   * A file that it wrote, as it comes: it is never whole in memory.
   * @throws {FileNotThere}
   */
  async file(path: string): Promise<Readable> {
    const archive = await this.#handle.getArchive({ path }).catch((error) => {
      throw statusOf(error) === 404 ? new FileNotThere(path, this.#container.name) : error
    })
    return fileOf(archive)
  }

  get #handle(): Dockerode.Container {
    return this.#docker.getContainer(this.#container.id)
  }
}

/** The program ended, or was ended, before it wrote the file. */
export class FileNotThere extends Error {
  override readonly name = 'FileNotThere'
  constructor(path: string, container: string) {
    super(`${container} left no ${path}`)
  }
}
