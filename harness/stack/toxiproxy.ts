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

type ProxyState = {
  readonly name: string
  readonly enabled: boolean
  readonly toxics: readonly { readonly name: string }[]
}

/** The links of one pod. The listeners live as long as the pod does. */
export class Links {
  readonly #client: Toxiproxy

  constructor({ host, port }: Address) {
    this.#client = new Toxiproxy(`http://${host}:${port}`)
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

  /** What is not as it was made: disabled links and toxics, by name. */
  async residue(): Promise<readonly string[]> {
    // The client's own `getAll` drops the toxics, so the answer is read as it comes.
    const { data } = await this.#client
      .getApi()
      .get<Record<string, ProxyState>>(`${this.#client.host}/proxies`)
    const proxies = Object.values(data)
    return proxies.flatMap((proxy) => [
      ...(proxy.enabled ? [] : [`link ${proxy.name} is disabled`]),
      ...proxy.toxics.map((toxic) => `toxic ${toxic.name} on link ${proxy.name}`),
    ])
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
