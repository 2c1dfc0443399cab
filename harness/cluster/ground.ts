import type { Address } from '../lib/http.ts'
import type { Abilities } from '../stack/abilities.ts'
import {
  Container,
  type ContainerSpec,
  createContainer,
  ignoring,
  statusOf,
} from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import type { ToolboxSpec } from '../stack/toolbox.ts'
import { Links } from '../stack/toxiproxy.ts'
import { type PodPlan, TOXIPROXY_PORT } from './topology.ts'

export type Image = {
  readonly reference: string
  readonly entrypoint?: readonly string[] | undefined
  /** What is in it, as far as it tells. */
  readonly version?: string | undefined
}

/** What all clusters of one run stand on. */
export type Ground = {
  readonly docker: Docker
  readonly runId: string
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  /** The n-th address of the run's network. */
  readonly address: (n: number) => string
  readonly images: {
    readonly server: Image
    readonly toxiproxy: Image
    readonly haproxy: Image
    readonly toolbox: Image
    /** Only where a scenario types what the documents have. */
    readonly operator?: Image | undefined
    /** Only where a scenario wants load. */
    readonly k6?: (Image & { readonly version: string }) | undefined
  }
  /** Probed once, when a fault first asks. */
  readonly abilities: () => Promise<Abilities>
}

/**
 * What one cluster has made, so that all of it can be removed whatever happened. A thing is
 * entered before it is started.
 */
export class Holdings {
  readonly #ground: Ground
  /** What the names of all its things begin with. */
  readonly prefix: string
  readonly #containers = new Set<Container>()
  readonly #volumes = new Set<string>()

  constructor(ground: Ground, prefix: string) {
    this.#ground = ground
    this.prefix = prefix
  }

  async container(spec: Omit<ContainerSpec, 'labels'>): Promise<Container> {
    const { docker, labels } = this.#ground
    const name = `${this.prefix}-${spec.name}`
    const container = await createContainer(docker.engine, {
      ...spec,
      name,
      labels: { ...labels, 'vault-drill.role': spec.name },
    })
    this.#containers.add(container)
    return container
  }

  /**
   * With a size it lies in memory, which needs neither a loop device nor a tool for file systems,
   * and is there only while a running container has it mounted: hold it with a toolbox.
   */
  async volume(name: string, { mib }: { readonly mib?: number | undefined } = {}): Promise<string> {
    const { docker, labels } = this.#ground
    const full = `${this.prefix}-${name}`
    this.#volumes.add(full)
    const limited = { type: 'tmpfs', device: 'tmpfs', o: `size=${mib}m` }
    await docker.engine.createVolume({
      Name: full,
      Labels: { ...labels },
      ...(mib === undefined ? {} : { DriverOpts: limited }),
    })
    return full
  }

  /** What has this name now, whoever made it: an operator at another machine may have. */
  async found(name: string): Promise<Container | undefined> {
    const full = `${this.prefix}-${name}`
    const { engine } = this.#ground.docker
    const seen = await engine
      .getContainer(full)
      .inspect()
      .catch((error) => {
        if (statusOf(error) === 404) return undefined
        throw error
      })
    if (seen === undefined) return undefined
    const container = new Container(engine, seen.Id, full)
    const known = [...this.#containers].some(({ id }) => id === seen.Id)
    if (!known) this.#containers.add(container)
    return container
  }

  async discard(container: Container): Promise<void> {
    await container.remove()
    this.#containers.delete(container)
  }

  async discardVolume(name: string): Promise<void> {
    await this.#removeToolboxes({ volume: [name] }) // they hold it
    await this.#ground.docker.engine.getVolume(name).remove({ force: true }).catch(ignoring(404))
    this.#volumes.delete(name)
  }

  /** A toolbox of this cluster's; it is made when it is first used, and removed with the rest. */
  toolbox(name: string, rest: Pick<ToolboxSpec, 'pod' | 'volumes' | 'privileged'>): ToolboxSpec {
    const { images, labels } = this.#ground
    return {
      name: `${this.prefix}-${TOOLS}${name}`,
      image: images.toolbox.reference,
      ...(images.toolbox.entrypoint === undefined ? {} : { entrypoint: images.toolbox.entrypoint }),
      labels: { ...labels, 'vault-drill.role': `${TOOLS}${name}` },
      ...rest,
    }
  }

  /** Of another process too, which healed something from its plan. */
  async #removeToolboxes(more: Readonly<Record<string, readonly string[]>> = {}): Promise<void> {
    const { engine } = this.#ground.docker
    const filters = JSON.stringify({ name: [`^/${this.prefix}-${TOOLS}`], ...more })
    const found = await engine.listContainers({ all: true, filters })
    await Promise.all(found.map(({ Id }) => new Container(engine, Id, TOOLS).remove()))
  }

  async removeAll(): Promise<void> {
    await this.#removeToolboxes() // they hold volumes
    await Promise.all([...this.#containers].map((container) => this.discard(container)))
    await Promise.all([...this.#volumes].map((volume) => this.discardVolume(volume)))
  }
}

const TOOLS = 'tools-'

export type Pod = { readonly container: Container; readonly links: Links; readonly plan: PodPlan }

/** A pod with its links in place; `ports` are the ones that people and other hosts may need. */
export async function startPod(
  ground: Ground,
  holdings: Holdings,
  plan: PodPlan,
  ports: readonly number[],
  signal?: AbortSignal,
): Promise<Pod> {
  const container = await holdings.container({
    name: `${plan.name}-pod`,
    image: ground.images.toxiproxy.reference,
    ...(ground.images.toxiproxy.entrypoint === undefined
      ? {}
      : { entrypoint: ground.images.toxiproxy.entrypoint }),
    command: ['-host', '0.0.0.0'],
    env: { LOG_LEVEL: 'warn' },
    hostname: plan.name,
    network: { name: ground.network, ip: plan.ip },
    hosts: plan.hosts,
    ...(isDirect(ground) ? {} : { publish: [...ports, TOXIPROXY_PORT] }),
  })
  await container.start()
  const links = new Links(await reach(ground, container, plan.ip, TOXIPROXY_PORT))
  await links.create(plan.links, signal)
  return { container, links, plan }
}

/** Where this process dials a port of a pod. */
export async function reach(
  ground: Ground,
  pod: Container,
  ip: string,
  port: number,
): Promise<Address> {
  return isDirect(ground)
    ? { host: ip, port }
    : { host: '127.0.0.1', port: await pod.publishedPort(port) }
}

const isDirect = (ground: Ground): boolean => ground.docker.facts.dial === 'direct'
