import { seconds } from '../lib/duration.ts'
import { runTool } from '../stack/toolbox.ts'
import { readMetrics } from '../vault/metrics.ts'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

/** What a server takes of its machine, and what must not grow for ever. */
export type Vitals = {
  /** Of the whole process; pages of the database that it has mapped are among them. */
  readonly residentMiB: number
  /** What the program itself holds. */
  readonly heapMiB: number
  readonly descriptors: number
  /** Of the Raft log's file. It keeps its size when entries are dropped, and fills up again. */
  readonly raftLogMiB: number
  /** Of the database with everything that was ever written. */
  readonly dataMiB: number
}

const MIB = 2 ** 20

/** @throws {VaultError} {RequestFailed} {ToolFailed} */
export async function vitalsOf(cluster: Cluster, node: Node): Promise<Vitals> {
  const [metrics, sizes] = await Promise.all([
    readMetrics(node.client, { within: seconds(5) }),
    runTool(
      cluster.docker.engine,
      cluster.diskTools(node),
      'stat -c %s /data/raft/raft.db /data/vault.db',
    ),
  ])
  const [raftLog = 0, data = 0] = sizes.trim().split('\n').map(Number)
  const of = (name: string): number => {
    const value = metrics.get(name)
    if (value === undefined) throw new Error(`${node.name} does not tell its ${name}`)
    return value
  }
  return {
    residentMiB: of('process_resident_memory_bytes') / MIB,
    heapMiB: of('go_memstats_heap_inuse_bytes') / MIB,
    descriptors: of('process_open_fds'),
    raftLogMiB: raftLog / MIB,
    dataMiB: data / MIB,
  }
}
