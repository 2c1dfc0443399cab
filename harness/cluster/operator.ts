import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { describeHealth, readHealth } from '../vault/health.ts'
import type { Node } from './node.ts'
import type { View } from './view.ts'

/**
 * What a person on call can do, from the operator pod: its calls go through the operator's own
 * links. It knows nodes and clients, and nothing of faults.
 */
export class Operator {
  readonly #view: View
  readonly #nodes: number
  readonly #signal: AbortSignal

  constructor(view: View, nodes: number, signal: AbortSignal) {
    this.#view = view
    this.#nodes = nodes
    this.#signal = signal
  }

  /** Starts the node's server with the disk it has. */
  async start(node: Node): Promise<void> {
    await node.start()
  }

  async seesUnsealed(node: Node): Promise<void> {
    await until(
      `${node.name} is unsealed`,
      async () => {
        const health = await readHealth(this.#view.client(node.name), { within: seconds(2) })
        return [200, 429].includes(health.status) ? happened(true) : notYet(describeHealth(health))
      },
      { within: seconds(60), every: milliseconds(50), signal: this.#signal },
    )
  }

  async seesHealthyVoters(): Promise<void> {
    await until(`${this.#nodes} voters are healthy`, () => this.#view.voters(this.#nodes), {
      within: seconds(90),
      every: milliseconds(50),
      signal: this.#signal,
    })
  }
}
