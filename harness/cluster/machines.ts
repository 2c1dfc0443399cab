import type { ClusterParts } from './cluster.ts'
import type { Node } from './node.ts'
import { replaceServer } from './server.ts'
import { dismiss, startSpare } from './spare.ts'

/** Where machines come from: the documents' Terraform and EC2 (RB:213-216, 296). */
export class Machines {
  readonly #parts: Pick<ClusterParts, 'ground' | 'holdings' | 'topology' | 'serverSpec'>

  constructor(parts: Pick<ClusterParts, 'ground' | 'holdings' | 'topology' | 'serverSpec'>) {
    this.#parts = parts
  }

  /** Of the server on a new machine; `undefined` where whoever provides them does not say. */
  get version(): string | undefined {
    const { version } = this.#parts.ground.images.server
    return /^\d+\.\d+/.test(version ?? '') ? version : undefined
  }

  /** A new machine in the node's place, with an empty disk, its server running. */
  async renew(node: Node): Promise<void> {
    const { ground, holdings, topology, serverSpec } = this.#parts
    const plan = topology.nodes.find(({ name }) => name === node.name)
    if (plan === undefined) throw new RangeError(`${node.name} is no node of this cluster`)
    const pod = { container: node.pod, links: node.links, plan }
    await replaceServer(ground, holdings, { node, pod }, serverSpec)
  }

  /** One more machine beside the cluster, with an empty disk, its server running. */
  startSpare = (): Promise<Node> => startSpare(this.#parts, {})

  dismiss = (spare: Node): Promise<void> => dismiss(this.#parts, spare)

  /** Whether the engine still has the machine, running or not. */
  async isThere(node: Node): Promise<boolean> {
    return (await node.vault.labelsIfThere()) !== undefined
  }
}
