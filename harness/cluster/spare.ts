import type { ClusterParts } from './cluster.ts'
import { keptVolume } from './disks.ts'
import { startPod } from './ground.ts'
import type { Node } from './node.ts'
import { type ServerSpec, startServer } from './server.ts'
import { API_PORT } from './topology.ts'

/** A node beside the cluster, for what only an uninitialised server shows. */
type Parts = Pick<ClusterParts, 'ground' | 'holdings' | 'topology' | 'serverSpec'>

export async function startSpare(
  { ground, holdings, topology, serverSpec }: Parts,
  options: Pick<ServerSpec, 'clientCertificates' | 'node' | 'disk'>,
): Promise<Node> {
  const pod = await startPod(ground, holdings, topology.spare, [API_PORT])
  return startServer(ground, holdings, pod, { ...serverSpec, ...options })
}

/**
 * The machine that a node had before, with the disk that was kept of it, its name and a certificate
 * for that. Whoever dials the name reaches the one that took its place.
 */
export const startOld = (parts: Parts, { name }: Node): Promise<Node> =>
  startSpare(parts, { node: name, disk: keptVolume(parts.holdings, name) })

/** Removes it with its pod and its disk. */
export async function dismiss({ holdings }: Parts, spare: Node): Promise<void> {
  await spare.client.close()
  await Promise.all([spare.vault, spare.pod].map((container) => holdings.discard(container)))
  await holdings.discardVolume(spare.volume)
}
