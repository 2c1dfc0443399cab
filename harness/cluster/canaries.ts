import { isDeepStrictEqual } from 'node:util'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { VaultError } from '../vault/error.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

export type CanaryScan = {
  readonly wrong: number
  readonly said: readonly string[]
  readonly tookMs: number
}

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

  /**
   * Reads all of them at one node, and those that it does not give as they were written once more;
   * gives how many stayed wrong, what the node said of them, and how long that took.
   */
  async scan(node: Node): Promise<CanaryScan> {
    const client = this.#cluster.onNode(node)
    const from = performance.now()
    const wrongAt = async (n: number): Promise<string | undefined> => {
      const read = await readSecret(client, this.#path(n), { within: seconds(5) }).catch(
        (error) => {
          if (error instanceof VaultError || error instanceof RequestFailed) return error.message
          throw error
        },
      )
      if (typeof read === 'string') return read
      const isRight = read.state === 'present' && isDeepStrictEqual(read.data, known(n))
      return isRight ? undefined : `it is ${read.state}`
    }
    const wrong: number[] = []
    for (let n = 0; n < this.#count; n++) if ((await wrongAt(n)) !== undefined) wrong.push(n)
    const said = new Set<string>()
    let stayed = 0
    for (const n of wrong) {
      const told = await wrongAt(n)
      if (told === undefined) continue
      stayed++
      said.add(told.replace(this.#path(n), 'a canary'))
    }
    return { wrong: stayed, said: [...said], tookMs: Math.round(performance.now() - from) }
  }

  /** The same when nothing is missing. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#cluster.nodes.map(({ name }) => [name, this.#count]))
  }

  #path = (n: number): string => `${this.under}/${n}`
}

const known = (n: number) => ({ canary: `value of ${n}` })
