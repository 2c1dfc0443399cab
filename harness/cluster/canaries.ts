import { isDeepStrictEqual } from 'node:util'
import { seconds } from '../lib/duration.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'

/**
 * Secrets with known values, to be asked of every node after something was done to the keys. Where
 * standbys forward what they are asked, the answer is the leader's each time.
 */
export class Canaries {
  readonly #cluster: Cluster
  /** Folder of all of them, and of nothing else. */
  readonly under: string
  readonly #count: number

  private constructor(cluster: Cluster, under: string, count: number) {
    this.#cluster = cluster
    this.under = under
    this.#count = count
  }

  /** In a folder of their own, unless one is named. @throws {VaultError} */
  static async write(
    cluster: Cluster,
    count: number,
    under = `drill/canaries-${cluster.freshName()}`,
  ): Promise<Canaries> {
    const canaries = new Canaries(cluster, under, count)
    const client = cluster.onNode(await cluster.leader())
    for (let n = 0; n < count; n++) {
      await writeSecret(client, canaries.#path(n), known(n), { cas: 0, within: seconds(5) })
    }
    return canaries
  }

  /** How many of them each node gives, with the value that was written. */
  async readable(): Promise<Readonly<Record<string, number>>> {
    const seen = this.#cluster.nodes.map(async (node) => {
      const client = this.#cluster.onNode(node)
      let right = 0
      for (let n = 0; n < this.#count; n++) {
        const read = await readSecret(client, this.#path(n), { within: seconds(5) }).catch(
          () => undefined,
        )
        if (read?.state === 'present' && isDeepStrictEqual(read.data, known(n))) right++
      }
      return [node.name, right] as const
    })
    return Object.fromEntries(await Promise.all(seen))
  }

  /** The same when nothing is missing. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#cluster.nodes.map(({ name }) => [name, this.#count]))
  }

  #path = (n: number): string => `${this.under}/${n}`
}

const known = (n: number) => ({ canary: `value of ${n}` })
