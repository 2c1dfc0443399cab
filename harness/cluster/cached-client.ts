import type {
  CacheSpec,
  Call,
  FromClient,
  LaneSpec,
  ToClient,
} from '../../fixtures/cached-client/message.ts'
import { Child } from '../lib/child.ts'
import type { Ns, RunClock } from '../lib/clock.ts'
import { type Duration, minutes, seconds } from '../lib/duration.ts'
import { createToken, writePolicy } from '../vault/setup.ts'
import { CacheTalk } from './cache-talk.ts'
import type { Cluster } from './cluster.ts'
import type { Secrets } from './secrets.ts'

export type CachedClientOptions = {
  /** Its caches by name; each has the limits of HLD:756-759 unless said. */
  readonly caches: Readonly<Record<string, Partial<CacheSpec>>>
  /** How many credentials there are, each of a tenant of its own; they are written anew. */
  readonly credentials: number
}

const DOCUMENTED = { ttlMs: minutes(5).ms, max: 1000 }

/** The example application may do what HLD:394-405 lets a tenant do, for all of them. */
const RIGHTS = `
path "secret/data/tenants/*" { capabilities = ["create", "read", "update", "delete"] }
`
const AT_ONCE = 16
/** As the probe's: an answer that takes longer is none. */
const CALL_WITHIN = seconds(1)
const ANSWER_WITHIN = seconds(10)
/** Reading a thousand credentials one after another on a busy host. */
const WORK_WITHIN = minutes(2)

/**
 * The example application of `fixtures/cached-client`, at the balancer of a cluster: asked by hand,
 * or busy by itself while something is done to the cluster.
 */
export class CachedClient {
  /** Of the credentials, in the layout of HLD:622-631. */
  readonly paths: readonly string[]
  readonly #child: Child<ToClient, FromClient>
  readonly #caches: Readonly<Record<string, CacheSpec>>
  readonly #others: Secrets
  readonly #clock: RunClock
  #stopped: Promise<Extract<FromClient, { said: 'stopped' }>> | undefined

  private constructor(
    child: Child<ToClient, FromClient>,
    paths: readonly string[],
    caches: Readonly<Record<string, CacheSpec>>,
    others: { readonly secrets: Secrets; readonly clock: RunClock },
  ) {
    this.#child = child
    this.paths = paths
    this.#caches = caches
    this.#others = others.secrets
    this.#clock = others.clock
  }

  /** Writes the credentials and starts the process; it asks nothing by itself. @throws {VaultError} */
  static async start(
    cluster: Cluster,
    clock: RunClock,
    { caches, credentials }: CachedClientOptions,
  ): Promise<CachedClient> {
    const name = cluster.freshName()
    const paths = Array.from(
      { length: credentials },
      (_, i) => `tenants/cached-${name}-${i}/exchanges/binance/trading`,
    )
    const root = cluster.viaBalancer()
    await writePolicy(root, { name: 'cached-client', rules: RIGHTS })
    const token = await createToken(root, { policies: ['cached-client'], ttl: '24h' })
    const secrets = cluster.secrets()
    for (let from = 0; from < paths.length; from += AT_ONCE) {
      const written = paths.slice(from, from + AT_ONCE).map(async (path, i) => {
        const { status } = await secrets.write(path, { api_key: `key-${from + i}`, n: 0 })
        if (status !== 200) throw new Error(`${path} could not be written: HTTP ${status}`)
      })
      await Promise.all(written)
    }
    const child = new Child<ToClient, FromClient>({
      name: 'the cached client',
      module: new URL('../../fixtures/cached-client/application.ts', import.meta.url),
      isUrgent: true, // a hit of some microseconds is to show the cache and not a host that is busy
      onDeath: () => {}, // whoever asks it next is told
    })
    const { address, tls } = cluster.probeTargets.balancer
    const specs = Object.fromEntries(
      Object.entries(caches).map(([of, spec]) => [of, { ...DOCUMENTED, ...spec }]),
    )
    await child.ask(
      {
        do: 'configure',
        clockBase: clock.base.toString(),
        address,
        ...(tls === undefined ? {} : { tls }),
        token: token.reveal(),
        seed: name,
        withinMs: CALL_WITHIN.ms,
        paths,
        caches: specs,
      },
      { said: 'configured', within: ANSWER_WITHIN },
    )
    return new CachedClient(child, paths, specs, { secrets, clock })
  }

  /** Fills a cache; its entries are then of all ages up to this one, in even steps. */
  async warm(
    cache: string,
    over: Duration = { ms: this.#of(cache).ttlMs },
  ): Promise<readonly Call[]> {
    return (await this.#done({ do: 'warm', cache, overMs: over.ms })).calls
  }

  /** Reads these credentials at the same time. */
  async read(cache: string, ...paths: readonly number[]): Promise<readonly Call[]> {
    return (await this.#done({ do: 'read', cache, paths })).calls
  }

  async write(cache: string, path: number, n: number): Promise<void> {
    await this.#done({ do: 'write', cache, path, n })
  }

  async remove(cache: string, path: number): Promise<void> {
    await this.#done({ do: 'remove', cache, path })
  }

  async flush(cache: string): Promise<void> {
    await this.#done({ do: 'flush', cache })
  }

  /** Another application writes the credential; when it was told so. */
  async rotate(path: number, n: number): Promise<Ns> {
    const { status } = await this.#others.write(this.#path(path), { api_key: `key-${path}`, n })
    if (status !== 200) throw new Error(`credential ${path} could not be written: HTTP ${status}`)
    return this.#clock.now()
  }

  /** Another application deletes it; when it was told so. */
  async withdraw(path: number): Promise<Ns> {
    const { status } = await this.#others.softDelete(this.#path(path))
    if (status !== 204) throw new Error(`credential ${path} could not be deleted: HTTP ${status}`)
    return this.#clock.now()
  }

  /** Number of the credential's newest version, as the store has it. */
  async version(path: number): Promise<number | undefined> {
    return (await this.#others.read(this.#path(path))).version
  }

  /** How many entries a cache holds. */
  async entries(cache: string): Promise<number> {
    return (await this.#done({ do: 'read', cache, paths: [] })).entries
  }

  /**
   * Reads that miss while the same credential is written, so many times.
   * @returns after how many of them a later read gave the old value, and how many reads missed
   */
  async race(
    cache: string,
    { path, rounds }: { path: number; rounds: number },
  ): Promise<{ readonly old: number; readonly missed: number }> {
    const { old, missed } = await this.#child.ask(
      { do: 'race', cache, path, rounds },
      { said: 'raced', within: WORK_WITHIN },
    )
    return { old, missed }
  }

  /** Lets it work by itself while that is done; what it met. */
  async during(lanes: readonly LaneSpec[], act: () => Promise<unknown>): Promise<CacheTalk> {
    await this.#child.ask({ do: 'start', lanes }, { said: 'started', within: ANSWER_WITHIN })
    try {
      await act()
    } finally {
      this.#stopped = this.#child.ask({ do: 'stop' }, { said: 'stopped', within: WORK_WITHIN })
      this.#stopped.catch(() => {}) // met below, unless `act` has failed
    }
    const { calls } = await this.#stopped
    return new CacheTalk(calls, lanes, this.#caches)
  }
  /** Ends its process, whatever it is doing. */
  async end(): Promise<void> {
    this.#child.allowEnd()
    this.#child.kill()
    await this.#child.gone
  }

  #done(message: ToClient): Promise<Extract<FromClient, { said: 'done' }>> {
    return this.#child.ask(message, { said: 'done', within: WORK_WITHIN })
  }

  #path(path: number): string {
    const name = this.paths[path]
    if (name === undefined) throw new RangeError(`there is no credential ${path}`)
    return name
  }

  #of(cache: string): CacheSpec {
    const spec = this.#caches[cache]
    if (spec === undefined) throw new RangeError(`there is no cache ${cache}`)
    return spec
  }
}
