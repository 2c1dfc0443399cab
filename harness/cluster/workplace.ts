import type { ClusterParts } from './cluster.ts'
import { type DesignOptions, startDesignServers } from './design-servers.ts'
import { Machines } from './machines.ts'
import type { Node } from './node.ts'
import { OperatorShell } from './operator-shell.ts'

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

  /** A new machine in the node's place, with an empty disk, its server running. */
  async renewMachine(node: Node): Promise<void> {
    await new Machines(this.#parts).renew(node)
  }

  /** Servers beside the cluster that are configured as the design has it. */
  async startAsDesigned(options: DesignOptions): Promise<void> {
    await startDesignServers(this.#parts, await this.shell(), options)
  }
}
