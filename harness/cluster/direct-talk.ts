import { setTimeout as sleep } from 'node:timers/promises'
import { NS_PER_MS, type Ns, type RunClock } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

/** One question to the node, and what came of it. */
export type Exchange = {
  readonly what: 'write' | 'read'
  readonly sent: Ns
  /** Acknowledged, or served. */
  readonly good: boolean
  /** A served value that was older than one acknowledged to others before this was sent. */
  readonly stale: boolean
}

export type TalkSaid = {
  readonly inWords: string
  /** Writes that it acknowledged before the cut: without any, none after it means nothing. */
  readonly acknowledgedBefore: number
  /** Writes that it acknowledged although they were sent more than so long after the cut. */
  readonly acknowledgedAfter: (ms: number) => number
  /** Reads that it served although they were sent more than so long after the cut. */
  readonly servedAfter: (ms: number) => number
}

/** Between two questions of a kind. Each is sent at its time, whatever became of those before. */
const EVERY = milliseconds(100)
/** Of a request: a leader without a majority keeps writes waiting. */
const WITHIN = seconds(2)
/** It ends by itself when nobody ends it. */
const MOST = 1800

/**
 * Somebody who knows one node and no other: writes secrets there and reads one that others write
 * through the balancer all the while. So it is seen what the node still acknowledges and how old
 * what it serves is, whatever happens between it and the rest.
 */
export class DirectTalk {
  readonly #node: VaultClient
  readonly #others: VaultClient
  readonly #clock: RunClock
  readonly #path: string
  readonly #exchanges: Exchange[] = []
  readonly #stop = new AbortController()
  /** The highest number that others were told is written. */
  #acknowledged = 0
  readonly #done: Promise<unknown>

  private constructor(node: VaultClient, others: VaultClient, clock: RunClock, path: string) {
    this.#node = node
    this.#others = others
    this.#clock = clock
    this.#path = path
    this.#done = Promise.all([
      this.#repeatedly((n) => this.#write(n)),
      this.#repeatedly(() => this.#read()),
      this.#count(),
    ])
  }

  static async start(cluster: Cluster, node: Node, clock: RunClock): Promise<DirectTalk> {
    const path = `drill/talk-${cluster.freshName()}`
    const others = cluster.viaBalancer()
    await writeSecret(others, `${path}/shared`, { n: 0 }, { within: seconds(5) })
    return new DirectTalk(cluster.onNode(node), others, clock, path)
  }

  /**
   * What it came to, counted from the instant at which the node was cut off: the latest of these.
   * What is under way comes to its end first.
   */
  async end(cuts: readonly { readonly proven: Ns }[]): Promise<TalkSaid> {
    this.#stop.abort()
    await this.#done
    await this.#others.close()
    const from = Math.max(...cuts.map(({ proven }) => proven))
    return {
      inWords: talkAfter(this.#exchanges, from),
      acknowledgedBefore: this.#exchanges.filter(
        ({ what, sent, good }) => what === 'write' && good && sent < from,
      ).length,
      acknowledgedAfter: (ms) => goodAfter(this.#exchanges, 'write', from, ms),
      servedAfter: (ms) => goodAfter(this.#exchanges, 'read', from, ms),
    }
  }

  async #write(n: number): Promise<void> {
    const sent = this.#clock.now()
    const good = await answered(
      writeSecret(this.#node, `${this.#path}/${n}`, { n }, { within: WITHIN }),
    )
    this.#exchanges.push({ what: 'write', sent, good: good !== undefined, stale: false })
  }

  async #read(): Promise<void> {
    const known = this.#acknowledged
    const sent = this.#clock.now()
    const got = await answered(readSecret(this.#node, `${this.#path}/shared`, { within: WITHIN }))
    const n = got?.state === 'present' ? Number(got.data.n) : 0
    const good = got !== undefined
    this.#exchanges.push({ what: 'read', sent, good, stale: good && n < known })
  }

  /** One after the other, or their order would be anybody's guess. */
  async #count(): Promise<void> {
    for (let n = 1; n <= MOST && !this.#stop.signal.aborted; n++) {
      const written = writeSecret(this.#others, `${this.#path}/shared`, { n }, { within: WITHIN })
      if ((await answered(written)) !== undefined) this.#acknowledged = n
      await sleep(EVERY.ms)
    }
  }

  async #repeatedly(ask: (n: number) => Promise<void>): Promise<void> {
    const underWay: Promise<void>[] = []
    for (let n = 1; n <= MOST && !this.#stop.signal.aborted; n++) {
      underWay.push(ask(n))
      await sleep(EVERY.ms)
    }
    await Promise.all(underWay)
  }
}

async function answered<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error) => {
    if (error instanceof VaultError || error instanceof RequestFailed) return undefined
    throw error
  })
}

/** Questions of a kind answered although they were sent more than so long after this instant. */
export const goodAfter = (
  talk: readonly Exchange[],
  kind: Exchange['what'],
  from: Ns,
  ms: number,
): number =>
  talk.filter(({ what, sent, good }) => what === kind && good && sent > from + ms * NS_PER_MS)
    .length

/** What it came to from this instant on, in words. */
export function talkAfter(talk: readonly Exchange[], from: Ns): string {
  const later = talk.filter(({ sent }) => sent > from)
  const told = (which: readonly Exchange[]): string => {
    const last = which.at(-1)
    if (last === undefined) return 'none'
    return `${which.length}, the last one sent ${Math.round((last.sent - from) / NS_PER_MS)} ms after it`
  }
  const inOrder = later.toSorted((a, b) => a.sent - b.sent)
  const writes = inOrder.filter(({ what }) => what === 'write')
  const reads = inOrder.filter(({ what }) => what === 'read')
  return `of ${writes.length} writes sent to it after the cut acknowledged: ${told(writes.filter(({ good }) => good))}; of ${reads.length} reads served: ${told(reads.filter(({ good }) => good))}; stale: ${told(reads.filter(({ stale }) => stale))}`
}
