import { type Duration, seconds } from '../lib/duration.ts'
import { HttpTarget, RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import type { ProbeTarget } from './probe-targets.ts'

/**
 * Clients that are connected to one node and know no other. What they ask a frozen node waits in
 * its sockets and is the first thing it does when it goes on, before it can learn that it was
 * replaced meanwhile.
 */
export class HeldReads {
  readonly #target: HttpTarget
  readonly #client: VaultClient
  readonly #path: string
  readonly #clients: number

  private constructor(target: HttpTarget, client: VaultClient, path: string, clients: number) {
    this.#target = target
    this.#client = client
    this.#path = path
    this.#clients = clients
  }

  /** Connects them and lets each read once, so that none has to shake hands later. */
  static async connect(
    { name, address, tls }: ProbeTarget,
    token: Secret,
    path: string,
    clients: number,
  ): Promise<HeldReads> {
    const target = new HttpTarget(address, { tls, connections: clients })
    const client = new VaultClient({ node: name, target, token })
    const reads = new HeldReads(target, client, path, clients)
    await reads.ask(seconds(5))
    return reads
  }

  /** What each of them gets: the secret's text, or why there is none. */
  async ask(within: Duration): Promise<readonly string[]> {
    return Promise.all(Array.from({ length: this.#clients }, () => this.#read(within)))
  }

  /** One after another until the node has said something else than this, at most so long. */
  async lastSaying(text: string, within: Duration): Promise<{ readonly ms: number }> {
    const startedMs = performance.now()
    let lastMs = 0
    while (performance.now() - startedMs < within.ms) {
      const askedMs = performance.now()
      if ((await this.#read(seconds(2))) === text) lastMs = askedMs - startedMs
    }
    return { ms: Math.round(lastMs) }
  }

  async close(): Promise<void> {
    await this.#target.close()
  }

  async #read(within: Duration): Promise<string> {
    try {
      const { body } = await this.#client.request<{ data?: { data?: { text?: string } } }>(
        'GET',
        `${KV_MOUNT}/data/${this.#path}`,
        { within },
      )
      return body.data?.data?.text ?? 'no text'
    } catch (error) {
      if (error instanceof VaultError) return `HTTP ${error.status}`
      if (error instanceof RequestFailed) return error.code
      throw error
    }
  }
}
