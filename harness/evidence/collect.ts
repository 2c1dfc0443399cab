import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'

/**
 * Keeps what the cluster knows about itself: every container's log, the Raft configuration and
 * autopilot's state as the leader has them. A part that cannot be had says why in its file.
 */
export async function collectCluster(cluster: Cluster, directory: string): Promise<void> {
  mkdirSync(join(directory, 'logs'), { recursive: true })
  mkdirSync(join(directory, 'raft'), { recursive: true })
  const keep = async (file: string, get: () => Promise<string>) => {
    const text = await get().catch((error) => `not to be had: ${String(error)}\n`)
    writeFileSync(join(directory, file), text)
  }
  await Promise.all([
    ...cluster.containers.map(({ name, container }) =>
      keep(`logs/${name}.log`, () => container.logs()),
    ),
    keep('raft/peers.json', async () => asJson(await cluster.peers())),
    keep('raft/autopilot.json', async () => asJson(await cluster.autopilot())),
  ])
}

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
