/** An image name in its parts: `ghcr.io/shopify/toxiproxy:2.12.0`. */
export type Reference = {
  readonly registry: string
  readonly repository: string
  readonly tag: string
}

const DEFAULT_REGISTRY = 'docker.io'

/**
 * Reads an image name by the engine's rules: the first part is a registry when it holds a dot,
 * a colon or is `localhost`; else the image is from Docker Hub, where a single name is in `library/`.
 * @throws {BadReference}
 */
export function parseReference(text: string): Reference {
  const match = /^(?<path>[^@\s]+?)(?::(?<tag>[\w][\w.-]{0,127}))?$/.exec(text)
  const path = match?.groups?.path
  if (path === undefined) throw new BadReference(text)
  const [first = '', ...rest] = path.split('/')
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const repository = named ? rest.join('/') : path
  if (!/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/.test(repository)) throw new BadReference(text)
  const registry = named ? first : DEFAULT_REGISTRY
  return {
    registry,
    repository:
      registry === DEFAULT_REGISTRY && !repository.includes('/')
        ? `library/${repository}`
        : repository,
    tag: match?.groups?.tag ?? 'latest',
  }
}

export const formatReference = ({ registry, repository, tag }: Reference): string =>
  `${registry}/${repository}:${tag}`

/**
 * The same image in a mirror: `registry.example:5000/mirror` + `openbao/openbao`. The first
 * registry's name is dropped, as proxies and mirrors of Docker Hub and GHCR expect it.
 * @throws {BadReference} when the prefix does not begin with a registry.
 */
export function underPrefix(reference: Reference, prefix: string): Reference {
  const [registry = '', ...path] = prefix.replace(/\/+$/, '').split('/')
  if (!/[.:]/.test(registry) && registry !== 'localhost') throw new BadReference(prefix)
  return { ...reference, registry, repository: [...path, reference.repository].join('/') }
}

export class BadReference extends Error {
  override readonly name = 'BadReference'
  readonly exitCode = 64
  constructor(text: string) {
    super(`"${text}" is not an image name such as registry.example:5000/team/image:1.2.3`)
  }
}
