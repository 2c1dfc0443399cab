import type { Verbs } from '../body.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { entriesOf, flipEntries } from '../faults/bolt-file.ts'
import { milliseconds, minutes, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { runTool } from '../stack/toolbox.ts'
import type { RealDefect } from './real-defects.ts'

/**
 * Defects planted in what the servers keep: disks that come back older than they were, a bit that
 * flips, an audit device that is off, a KMS that nobody had to ask. The faults themselves are the
 * product's; here they come behind the scenario's back.
 */
export const DAMAGE: readonly RealDefect[] = [
  {
    id: 'M14',
    title: 'every disk comes back as it was before the power cut: what was synced is not there',
    scenario: 'cold-start',
    detectors: ['lost-write', 'A5'],
    sabotage: () => ({
      verbs: (verbs) => ({
        ...verbs,
        inject: async (...faults) => {
          await eachDisk(verbs.cluster, verbs.cluster.nodes, keepCopy)
          await moreWritesFlow()
          return verbs.inject(...faults)
        },
        perform: async (procedure, given) => {
          await eachDisk(verbs.cluster, verbs.cluster.nodes, putCopyBack)
          return verbs.perform(procedure, given)
        },
      }),
    }),
  },
  {
    id: 'M15',
    title: 'a bit flips in some values on the disk of one standby',
    scenario: 'follower-loss',
    detectors: ['corrupt', 'lost-write', 'nodes-differ', 'read-back-complete', 'read-out-complete'],
    sabotage: () => ({
      verbs: (verbs) => ({
        ...verbs,
        perform: async (procedure, given) => {
          await flipBits(verbs, (given as { readonly node: Node }).node)
          return verbs.perform(procedure, given)
        },
      }),
    }),
  },
  {
    id: 'M22',
    title: 'no node has an audit device',
    scenario: 'audit-continuity',
    detectors: ['checks'],
    sabotage: () => ({
      plant: async (cluster) => {
        await dropAuditDevices(cluster)
        return { cluster, undo: async () => {} }
      },
    }),
  },
  {
    id: 'M23',
    title: 'a KMS outage is "survived" because the node that should restart in it never does',
    scenario: 'kms-outage-restart:refused',
    detectors: ['must-observe', 'checks'],
    sabotage: () => ({
      verbs: (verbs) => ({
        ...verbs,
        inject: (...faults) => verbs.inject(...faults.filter(({ kind }) => kind.name !== 'stop')),
      }),
    }),
  },
]

const COPY = '/tmp/before'

async function eachDisk(
  cluster: Cluster,
  nodes: readonly Node[],
  act: (node: Node, script: (text: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  for (const node of nodes) {
    const disk = cluster.diskTools(node)
    await act(node, (text) => runTool(cluster.docker.engine, disk, text, minutes(1)))
  }
}

/** Frozen for an instant, or a file would be copied in halves. */
async function keepCopy(node: Node, script: (text: string) => Promise<unknown>): Promise<void> {
  await script(`mkdir -p ${COPY}`)
  await node.vault.pause()
  await script(`cp -a /data/. ${COPY}/`).finally(() => node.vault.unpause())
}

async function putCopyBack(_node: Node, script: (text: string) => Promise<unknown>): Promise<void> {
  await script(`find /data -mindepth 1 -delete && cp -a ${COPY}/. /data/`)
}

/** Lets clients go on for so long. */
export async function moreWritesFlow(forMs = 1500): Promise<void> {
  const from = performance.now()
  const look = () => (performance.now() - from > forMs ? happened(true) : notYet('not yet'))
  await until('writes have come after the copy', look, { within: seconds(10) })
}

async function flipBits({ cluster }: Verbs, node: Node): Promise<void> {
  const disk = cluster.diskTools(node)
  const entries = await entriesOf(cluster.docker, disk, { fraction: 0.5, count: 3 })
  if (entries.length === 0) throw new Error(`there is no secret on the disk of ${node.name}`)
  const keys = entries.map(({ key }) => key)
  await flipEntries(cluster.docker, disk, keys)
}

const CONFIGURATION = '/drill/config.hcl'

/** OpenBao has them in each node's file, HashiCorp Vault in its storage. */
async function dropAuditDevices(cluster: Cluster): Promise<void> {
  if (cluster.facts.auditBy === 'api') {
    await cluster.onNode(await cluster.leader()).request('DELETE', 'sys/audit/file')
    return
  }
  for (const { vault, name } of cluster.nodes) {
    const before = await vault.read(CONFIGURATION)
    const content = before.replaceAll(/^audit [\s\S]*?^}\n/gm, '')
    if (content === before) throw new Error(`${name} has no audit device in its configuration`)
    await vault.put([{ path: CONFIGURATION, content }])
    await vault.signal('SIGHUP')
  }
  await until(
    'no node lists an audit device',
    async () => {
      const { body } = await cluster.onNode(await cluster.leader()).request('GET', 'sys/audit')
      const text = JSON.stringify(body)
      return text.includes('file_path') ? notYet('the leader still lists one') : happened(true)
    },
    { within: seconds(30), every: milliseconds(200) },
  )
}
