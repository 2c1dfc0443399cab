import { ignoring } from '../stack/container.ts'
import type { Cluster } from './cluster.ts'
import { AUDIT_FILE } from './disks.ts'
import type { Node } from './node.ts'
import { API_PORT, operatorPort } from './topology.ts'

/**
 * Where things of the nodes are for whoever sits at the operator's shell. `given` is the node
 * that is meant by any name that is none of the cluster's; it may be one beside the cluster,
 * which no link of the operator's leads to.
 */
export function placesOf(cluster: Cluster, given: Node | undefined) {
  const nodeOf = (name: string): Node =>
    cluster.nodes.find((node) => node.name === name) ?? given ?? cluster.node(name)
  return {
    async addressOf(name: string): Promise<string> {
      const node = nodeOf(name)
      const i = cluster.nodes.indexOf(node)
      if (i !== -1) return `https://${node.name}:${operatorPort(i)}`
      return `https://${await node.pod.ip(cluster.network)}:${API_PORT}`
    },
    /** A node that forwards what it is asked may have no audit file yet. */
    async fileOf(which: 'audit' | 'log', name: string | undefined): Promise<string | undefined> {
      const node = name === undefined ? await cluster.leader() : nodeOf(name)
      if (which === 'log') return node.vault.logs()
      return (await node.vault.read(AUDIT_FILE).catch(ignoring(404))) ?? undefined
    },
  }
}
