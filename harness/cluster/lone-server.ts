import { seconds } from '../lib/duration.ts'
import type { Initialized } from '../vault/init.ts'
import type { ClusterParts } from './cluster.ts'
import { type Pod, startPod } from './ground.ts'
import { initializeNode, type KeyShape } from './initialize-node.ts'
import type { Node } from './node.ts'
import { reconfigureServer, replaceServer, type ServerSpec, startServer } from './server.ts'
import { dismiss } from './spare.ts'
import { API_PORT } from './topology.ts'

/** Shamir's shares, or an id or alias of the KMS key. */
export type LoneSeal = 'shamir' | { readonly key: string }

type Parts = Pick<ClusterParts, 'ground' | 'holdings' | 'topology' | 'serverSpec'>

/**
 * One server beside the cluster, a cluster of its own, with whatever seal is wanted: many things
 * show on it as well as on three, and in seconds. It stands where the spare node does.
 */
export class LoneServer {
  readonly #parts: Parts
  #at: { readonly node: Node; readonly pod: Pod } | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get node(): Node {
    if (this.#at === undefined) throw new RangeError('the lone server was not started')
    return this.#at.node
  }

  /** Anew, on an empty disk, with keys of its own; it is open then. @throws {NeverHappened} */
  async begin(seal: LoneSeal, keys: Partial<KeyShape> = {}): Promise<Initialized> {
    const { ground, holdings, topology } = this.#parts
    const spec = this.#spec(seal)
    if (this.#at === undefined) {
      const pod = await startPod(ground, holdings, topology.spare, [API_PORT])
      this.#at = { pod, node: await startServer(ground, holdings, pod, spec) }
    } else {
      await replaceServer(ground, holdings, this.#at, spec)
    }
    const { node } = this.#at
    // An init that is sent too early may be applied although it seems to have failed.
    await node.is(['uninitialized'], { within: seconds(60) })
    const made = await initializeNode(node, spec.needs, keys)
    await node.is(['leader'], { within: seconds(60) })
    return made
  }

  /** The server starts anew with the disk that it has, and this seal in its configuration. */
  async reconfigure(seal: LoneSeal): Promise<void> {
    if (this.#at === undefined) throw new RangeError('the lone server was not started')
    await reconfigureServer(this.#at, this.#spec(seal))
  }

  /** With its disk. Twice is harmless. */
  async end(): Promise<void> {
    const at = this.#at
    this.#at = undefined
    if (at !== undefined) await dismiss(this.#parts, at.node)
  }

  #spec(seal: LoneSeal): ServerSpec {
    const { serverSpec } = this.#parts
    const { seal: _, ...needs } = serverSpec.needs
    if (seal === 'shamir') return { ...serverSpec, needs: { ...needs, seal } }
    return { ...serverSpec, needs, seal: { ...serverSpec.seal, keyId: seal.key } }
  }
}
