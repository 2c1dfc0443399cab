import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { readHealth } from '../vault/health.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

const WITHIN = seconds(2)
const BEFORE = 'written before the loss'
const SINCE = 'written since the loss'

/** What came of all that it was asked; numbers of answers. */
export type OldMachineSaid = {
  readonly fresh: number
  readonly stale: number
  readonly acknowledged: number
  /** Of the acknowledged writes: those that the cluster does not have. */
  readonly lost: number
}

/**
 * A machine that was given up and is back with its disk, asked by somebody who knows no other: a
 * secret that has changed since it went, a write, and what it says of itself.
 */
export class OldMachine {
  readonly #others: VaultClient
  readonly #token: Secret
  readonly #path: string
  readonly #health = new Map<string, number>()
  readonly #reads = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  readonly #acknowledged: string[] = []
  #asked = 0

  private constructor(others: VaultClient, token: Secret, path: string) {
    this.#others = others
    this.#token = token
    this.#path = path
  }

  /** The secret, as the machine will have it on its disk when it goes. */
  static async knowing(cluster: Cluster): Promise<OldMachine> {
    const path = `drill/old-machine-${cluster.freshName()}`
    const asked = new OldMachine(cluster.viaBalancer(), cluster.custody.token, path)
    await writeSecret(asked.#others, `${path}/changed`, { text: BEFORE }, { within: WITHIN })
    return asked
  }

  /** Whatever it has on its disk is not the newest from now on. */
  async changes(): Promise<void> {
    const path = `${this.#path}/changed`
    await writeSecret(this.#others, path, { text: SINCE }, { within: WITHIN })
  }

  /** One question of each kind, with a token that was valid before and is now. */
  async ask({ client }: Pick<Node, 'client'>): Promise<void> {
    const known = client.withToken(this.#token)
    const path = `${this.#path}/${++this.#asked}`
    const [health, read, write] = await Promise.all([
      said(async () => String((await readHealth(client, { within: WITHIN })).status)),
      said(async () => {
        const seen = await readSecret(known, `${this.#path}/changed`, { within: WITHIN })
        return seen.state === 'present' ? String(seen.data.text) : seen.state
      }),
      said(async () => {
        await writeSecret(known, path, { text: SINCE }, { within: WITHIN })
        return ACKNOWLEDGED
      }),
    ])
    count(this.#health, health)
    count(this.#reads, read)
    if (write === ACKNOWLEDGED) this.#acknowledged.push(path)
    else count(this.#refusals, write)
  }

  /** Whether it was on at all: of one that is silent nothing is shown. */
  get hasAnswered(): boolean {
    return [...this.#health.keys()].some((said) => /^\d+$/.test(said))
  }

  /** Whether it ever called itself the leader. */
  get hasLed(): boolean {
    return this.#health.has('200')
  }

  async said(): Promise<OldMachineSaid> {
    const found = this.#acknowledged.map(async (path) => {
      const { state } = await readSecret(this.#others, path, { within: WITHIN })
      return state === 'present'
    })
    return {
      fresh: this.#reads.get(SINCE) ?? 0,
      stale: this.#reads.get(BEFORE) ?? 0,
      acknowledged: this.#acknowledged.length,
      lost: (await Promise.all(found)).filter((isThere) => !isThere).length,
    }
  }

  /** All answers by kind, for a reader. */
  get inWords(): string {
    const writes = new Map(this.#refusals)
    if (this.#acknowledged.length > 0) writes.set(ACKNOWLEDGED, this.#acknowledged.length)
    return `asked ${this.#asked} times: health ${inWords(this.#health)}; a read ${inWords(this.#reads)}; a write ${inWords(writes)}`
  }
}

const ACKNOWLEDGED = 'acknowledged'

/** The answer in a word; a refusal and a silence are answers. */
async function said(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof VaultError) return `${error.status} ${error.errors[0] ?? ''}`.trim()
    if (error instanceof RequestFailed) return error.code
    throw error
  }
}

const count = (answers: Map<string, number>, answer: string): void => {
  answers.set(answer, (answers.get(answer) ?? 0) + 1)
}

const inWords = (answers: ReadonlyMap<string, number>): string =>
  [...answers].map(([answer, times]) => `"${answer}" ${times} times`).join(', ')
