import { wallClockMs } from '../lib/clock.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { Container } from '../stack/container.ts'
import type { Links } from '../stack/toxiproxy.ts'
import type { VaultClient } from '../vault/client.ts'
import { describeHealth, type Health, readHealth } from '../vault/health.ts'

export type NodeParts = {
  readonly name: string
  /** Owns the network namespace; outlives the server. */
  readonly pod: Container
  readonly vault: Container
  /** Name of the volume that is its disk. */
  readonly volume: string
  /** Where its audit file is, if that is a volume of its own. */
  readonly auditVolume?: string | undefined
  readonly links: Links
  /** Its API as we reach it, through no link. */
  readonly address: Address
  /** Without a token. */
  readonly client: VaultClient
}

/** Unanswered looks between two questions to the engine, which is slower to ask than the node. */
const ASK_ENGINE_AFTER = 20

/** One server and the pod it lives in. */
export class Node {
  readonly name: string
  readonly pod: Container
  readonly volume: string
  readonly auditVolume: string | undefined
  readonly links: Links
  readonly address: Address
  readonly client: VaultClient
  #vault: Container

  constructor(parts: NodeParts) {
    this.name = parts.name
    this.pod = parts.pod
    this.#vault = parts.vault
    this.volume = parts.volume
    this.auditVolume = parts.auditVolume
    this.links = parts.links
    this.address = parts.address
    this.client = parts.client
  }

  /** Its server. A node that was replaced has another one, in the same place. */
  get vault(): Container {
    return this.#vault
  }

  /** From now on this server is the node's. */
  takes(vault: Container): void {
    this.#vault = vault
  }

  /** Starts the server with the disk it has. */
  async start(): Promise<void> {
    await this.vault.start()
  }

  async stop(): Promise<void> {
    await this.vault.stop()
  }

  async restart(): Promise<void> {
    await this.vault.restart()
  }

  health(signal?: AbortSignal): Promise<Health> {
    return readHealth(this.client, { within: seconds(1), signal })
  }

  /**
   * Waits for one of these states and pokes nothing while it does.
   * @throws {NeverHappened} with the last state seen; {ServerEnded} when its process is gone.
   */
  async is(
    states: readonly Health['state'][],
    { within, signal }: { within: Duration; signal?: AbortSignal | undefined },
  ): Promise<Health> {
    let silences = 0
    const look = async () => {
      try {
        const health = await this.health(signal)
        return states.includes(health.state) ? happened(health) : notYet(describeHealth(health))
      } catch (error) {
        const end = ++silences % ASK_ENGINE_AFTER === 0 ? await this.#end() : undefined
        if (end === undefined) throw error
        return happened(end)
      }
    }
    const what = `${this.name} is ${states.join(' or ')}`
    const wait = { within, every: milliseconds(15), signal }
    // Its end is found, not thrown: a look that throws counts as "not yet".
    const seen = await until<Health | ServerEnded>(what, look, wait)
    if (seen instanceof ServerEnded) throw seen
    return seen
  }

  async #end(): Promise<ServerEnded | undefined> {
    const { running, exitCode } = await this.vault.state()
    return running ? undefined : new ServerEnded(this.name, exitCode)
  }

  /** How long its present process has run. */
  async age(): Promise<Duration> {
    return milliseconds((await this.process()).ageMs)
  }

  /** The present process of its server; zeros when none runs. */
  async process(): Promise<{ readonly pid: number; readonly ageMs: number }> {
    // A fault may have destroyed the container itself.
    if ((await this.vault.labelsIfThere()) === undefined) return { pid: 0, ageMs: 0 }
    const { running, pid, startedAt } = await this.vault.state()
    if (!running) return { pid: 0, ageMs: 0 }
    return { pid, ageMs: Math.max(0, wallClockMs() - Date.parse(startedAt)) }
  }
}

/** A server's process ended while something was expected of it. */
export class ServerEnded extends Error {
  override readonly name = 'ServerEnded'
  constructor(node: string, exitCode: number) {
    super(`the server of ${node} ended with exit code ${exitCode}`)
  }
}
