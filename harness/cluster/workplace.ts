import type { Container, ContainerSpec } from '../stack/container.ts'
import type { ClusterParts } from './cluster.ts'
import { type CronDays, cronDays } from './cron-days.ts'
import { type DesignOptions, startDesignServers } from './design-servers.ts'
import { keepDisk, keptVolume } from './disks.ts'
import { LoneServer } from './lone-server.ts'
import { Machines } from './machines.ts'
import type { Node } from './node.ts'
import { OperatorShell } from './operator-shell.ts'
import { startOld } from './spare.ts'

/** Where the commands of the documents are typed, and the machines that they take for granted. */
export class Workplace {
  readonly #parts: ClusterParts
  #shell: Promise<OperatorShell> | undefined

  constructor(parts: ClusterParts) {
    this.#parts = parts
  }

  /** A terminal on the operator pod; the same one for whoever asks again. */
  shell(): Promise<OperatorShell> {
    const pod = this.#parts.surroundings.operator.pod
    this.#shell ??= OperatorShell.open({ ...this.#parts, pod })
    return this.#shell
  }

  /**
   * A load generator on the operator pod, not started: its requests take the operator's links.
   * @throws {RangeError} when the run has no image of one.
   */
  async generator(
    spec: Pick<ContainerSpec, 'name' | 'command' | 'env' | 'files'>,
  ): Promise<Container> {
    const { holdings, surroundings } = this.#parts
    const { reference, entrypoint } = this.#k6
    return holdings.container({
      ...spec,
      image: reference,
      ...(entrypoint === undefined ? {} : { entrypoint }),
      network: { of: surroundings.operator.pod.container },
    })
  }

  get generatorVersion(): string {
    return this.#k6.version
  }

  /** Removes a generator, whatever it is doing. */
  dismiss(generator: Container): Promise<void> {
    return this.#parts.holdings.discard(generator)
  }

  get #k6() {
    const { k6 } = this.#parts.ground.images
    if (k6 === undefined) throw new RangeError('the run resolved no load generator')
    return k6
  }

  /** When cron on the operator's host starts each job, `2026-03-29T02` for an hour in UTC. */
  async cronDays(days: CronDays): Promise<Readonly<Record<string, readonly string[]>>> {
    return cronDays(await this.shell(), days)
  }

  /** A new machine in the node's place, with an empty disk, its server running. */
  async renewMachine(node: Node): Promise<void> {
    await new Machines(this.#parts).renew(node)
  }

  /** Keeps the disk of a node whose server has ended, for the machine that had it. */
  async keepDisk(node: Node): Promise<void> {
    const { ground, holdings } = this.#parts
    await keepDisk(ground, holdings, node)
  }

  /** The volume that {@link keepDisk} puts it in. */
  keptDisk(node: Node): string {
    return keptVolume(this.#parts.holdings, node.name)
  }

  /** The machine that the node had before is on again, beside the cluster, with the disk kept. */
  switchOnOld(node: Node): Promise<Node> {
    return startOld(this.#parts, node)
  }

  /** Servers beside the cluster that are configured as the design has it. */
  async startAsDesigned(options: DesignOptions): Promise<void> {
    await startDesignServers(this.#parts, await this.shell(), options)
  }

  /** A server beside the cluster, with whatever seal; there is place for one. */
  loneServer = (): LoneServer => new LoneServer(this.#parts)

  /** What an operator at another machine put into the place of a server is the node's from now on. */
  async seeSuccessors(): Promise<void> {
    const { holdings, nodes } = this.#parts
    for (const node of nodes) {
      const found = await holdings.found(node.name)
      if (found !== undefined && found.id !== node.vault.id) node.takes(found)
    }
  }
}
