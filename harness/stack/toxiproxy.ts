import { Toxiproxy } from 'toxiproxy-node-client'
import { seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import { happened, until } from '../lib/until.ts'

/** A directed link: what its owner dials, and where it really goes. */
export type Link = {
  readonly name: string
  /** Where the pod listens, inside its own namespace. */
  readonly listen: string
  readonly upstream: string
}

/** Both directions: `upstream` is what the link's owner sends, `downstream` what it gets back. */
export type Toxic = {
  readonly name: string
  readonly type:
    | 'latency'
    | 'bandwidth'
    | 'slow_close'
    | 'timeout'
    | 'reset_peer'
    | 'slicer'
    | 'limit_data'
  readonly stream: 'upstream' | 'downstream'
  /** As Toxiproxy names them: milliseconds, KB/s, bytes. */
  readonly attributes: Readonly<Record<string, number>>
}

export type LinkState = Link & { readonly enabled: boolean; readonly toxics: readonly Toxic[] }

/** The links of one pod. The listeners live as long as the pod does. */
export class Links {
  /** Of Toxiproxy's API; enough to make the same `Links` in another process. */
  readonly address: Address
  readonly #client: Toxiproxy

  constructor(address: Address) {
    this.address = address
    this.#client = new Toxiproxy(`http://${address.host}:${address.port}`)
  }

  /**
   * Creates the links once Toxiproxy answers; it needs a moment after its container's start.
   * @throws {NeverHappened} {LinkRefused}
   */
  async create(links: readonly Link[], signal?: AbortSignal): Promise<void> {
    await until(
      'Toxiproxy answers',
      async () => {
        await this.#client.getVersion()
        return happened(true)
      },
      { within: seconds(15), signal },
    )
    await Promise.all(
      links.map((link) =>
        this.#client.createProxy({ ...link, enabled: true }).catch((cause) => {
          throw new LinkRefused(link, cause)
        }),
      ),
    )
  }

  /** A disabled link refuses connections. @throws when there is no such link. */
  async setEnabled(name: string, enabled: boolean): Promise<void> {
    const proxy = await this.#client.get(name)
    await proxy.update({ enabled, listen: proxy.listen, upstream: proxy.upstream })
  }

  /** From now on new connections go there; those that exist are closed. */
  async setUpstream(name: string, upstream: string): Promise<void> {
    const proxy = await this.#client.get(name)
    await proxy.update({ enabled: proxy.enabled, listen: proxy.listen, upstream })
  }

  /** @throws when the link has one of that name. */
  async addToxic(name: string, { name: toxic, type, stream, attributes }: Toxic): Promise<void> {
    const path = `${this.#client.host}/proxies/${name}/toxics`
    // Toxicity 1: anything less is rolled per connection, without a seed.
    await this.#client.getApi().post(path, { name: toxic, type, stream, toxicity: 1, attributes })
  }

  /** Twice is harmless. */
  async removeToxic(name: string, toxic: string): Promise<void> {
    const { toxics } = await this.state(name)
    if (!toxics.some((each) => each.name === toxic)) return
    await this.#client.getApi().delete(`${this.#client.host}/proxies/${name}/toxics/${toxic}`)
  }

  /** As Toxiproxy has it now. @throws when there is no such link. */
  async state(name: string): Promise<LinkState> {
    const state = (await this.#states())[name]
    if (state === undefined) throw new RangeError(`there is no link ${name}`)
    return state
  }

  /** What is not as it was made: disabled links and toxics, by name. */
  async residue(): Promise<readonly string[]> {
    const proxies = Object.values(await this.#states())
    return proxies.flatMap((proxy) => [
      ...(proxy.enabled ? [] : [`link ${proxy.name} is disabled`]),
      ...proxy.toxics.map((toxic) => `toxic ${toxic.name} on link ${proxy.name}`),
    ])
  }

  /** The client's own `getAll` drops the toxics, so the answer is read as it comes. */
  async #states(): Promise<Readonly<Record<string, LinkState>>> {
    const { data } = await this.#client
      .getApi()
      .get<Record<string, LinkState>>(`${this.#client.host}/proxies`)
    return data
  }
}

/** Toxiproxy would not make a link, such as one whose listener is taken; its client drops why. */
export class LinkRefused extends Error {
  override readonly name = 'LinkRefused'
  constructor({ name, listen }: Link, cause: unknown) {
    const said = cause instanceof Error ? cause.message : String(cause)
    super(`link ${name} could not be made at ${listen}: ${said}`, { cause })
  }
}
