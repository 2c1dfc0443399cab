import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { formatDuration, milliseconds, minutes } from '../lib/duration.ts'
import { notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { askTool, removeToolbox, runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import { isVolumeThere, removeVolume } from '../stack/volume.ts'
import { products } from '../vault/product.ts'
import { endProcess, randomHeartbeatPhase, runningServer, type Server } from './end-process.ts'
import { aimed, type Fault, type FaultKind, type FaultPlan, numberGiven } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { oneNode, type Target, targetText } from './target.ts'

/** Machines that do not come back as they were: without their disk, or with an old one. */

export type DestroyPlan = FaultPlan &
  Server &
  Leadership & {
    readonly volume: string
    readonly disk: ToolboxSpec
    /** The volume that what was on the disk is kept in; absent: nowhere. */
    readonly kept?: string
  }

const HOST_DESTROYED = gone({
  name: 'host-destroyed',
  does: 'the server is killed, and its container and the volume with its data are removed; the address stays free for a new one',
  witnessed:
    'the engine knows neither container nor volume any more; of a leader: another node leads in a later term',
  cannotShow: 'a disk that dies slowly',
})

const HOST_GIVEN_UP = gone(
  {
    name: 'host-given-up',
    does: 'the server is killed and its machine gone from its place, as one that answers nobody; its disk is kept as it was, for whoever switches the old machine on again',
    witnessed:
      'the engine knows neither container nor volume of that place any more, and the volume that was kept; of a leader: another node leads in a later term',
    cannotShow: 'loss of what was written and not synced: the page cache outlives the process',
  },
  { keeps: 'disk' },
)

/** Gone from its place for good; that place is empty. */
function gone(
  told: Pick<FaultKind, 'name' | 'does' | 'witnessed' | 'cannotShow'>,
  { keeps }: { readonly keeps?: 'disk' } = {},
): FaultKind<DestroyPlan> {
  return {
    ...told,
    family: 'host',
    source: 'HLD:867-877; RB:285',
    final: true,
    targets: ['standby', 'leader', 'random', '<node>'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }, seed) {
      const node = await oneNode(cluster, target, seed)
      const server = await runningServer(node)
      return {
        target: node.name,
        touches: [server.container],
        ...server,
        volume: node.volume,
        disk: cluster.diskTools(node),
        ...(keeps === undefined ? {} : { kept: cluster.workplace.keptDisk(node) }),
        ...(await leadershipOf(cluster)),
      }
    },
    async inject(cluster, plan, context) {
      await randomHeartbeatPhase(cluster, plan.target, context)
      const { docker } = cluster
      const { issued } = await endProcess(docker, plan, 'SIGKILL', context)
      if (keeps !== undefined) await cluster.workplace.keepDisk(cluster.node(plan.node))
      await new Container(docker.engine, plan.container, plan.node).remove()
      await removeToolbox(docker.engine, plan.disk) // it would hold the volume
      await removeVolume(docker.engine, { name: plan.volume, labels: plan.disk.labels })
      return { issued, proven: context.clock.now() }
    },
    async witness(cluster, plan) {
      const { engine } = cluster.docker
      const labels = await new Container(engine, plan.container, plan.node).labelsIfThere()
      if (labels !== undefined) return notYet(`the container of ${plan.node} is there`)
      if (await isVolumeThere(engine, plan.volume)) return notYet(`${plan.volume} is there`)
      if (plan.kept !== undefined && !(await isVolumeThere(engine, plan.kept))) {
        return notYet(`${plan.kept} is not there`)
      }
      const kept = plan.kept === undefined ? '' : `, but ${plan.kept}`
      const told = `the engine knows neither the container of ${plan.node} nor ${plan.volume}${kept}`
      return lossSeen(cluster, plan, [plan.node], told)
    },
    heal: async () => {},
    residue: async () => [],
  }
}

export type OldDiskPlan = FaultPlan &
  Server &
  Leadership & { readonly disk: ToolboxSpec; readonly dataPath: string; readonly ageMs: number }

const COPY = '/tmp/old-disk'
const SUMS = 'find . -type f -exec sha256sum {} + | sort -k 2'

const OLD_DISK: FaultKind<OldDiskPlan> = {
  name: 'old-disk',
  family: 'host',
  does: 'the server is killed, and its disk is again as it was some time before, as a machine has it that was set back to an old image; whoever starts it starts it with that',
  witnessed:
    'the files of the stopped server, read by way of the engine, are those of the copy and not those at the kill; of a leader: another node leads in a later term',
  cannotShow: 'a disk older than the run; how the node behaves shows only when it is started',
  source: '-',
  final: true,
  targets: ['standby', 'leader', 'random', '<node>'],
  parameters: { ageMs: { default: 10_000, says: 'how long ago the disk was as it is then' } },
  needs: ['pause'],
  async plan(cluster, { target, given }, seed) {
    const node = await oneNode(cluster, target, seed)
    const server = await runningServer(node)
    return {
      target: node.name,
      touches: [server.container],
      ...server,
      disk: cluster.diskTools(node),
      dataPath: products[cluster.product].dataPath,
      ageMs: numberGiven({ target, given }, 'ageMs'),
      ...(await leadershipOf(cluster)),
    }
  },
  async inject(cluster, plan, context) {
    const { docker } = cluster
    const { vault } = cluster.node(plan.target)
    const tool = (script: string) => runTool(docker.engine, plan.disk, script, minutes(1))
    await tool(`rm -rf ${COPY} ${COPY}.*; mkdir ${COPY}`)
    // What a running server is just writing would be copied in halves; a frozen one writes nothing.
    const issued = context.clock.now()
    await vault.pause()
    try {
      await tool(`cp -a /data/. ${COPY}/`)
    } finally {
      await vault.unpause()
    }
    await sleep(plan.ageMs, undefined, { signal: context.signal })
    await randomHeartbeatPhase(cluster, plan.target, context)
    await endProcess(docker, plan, 'SIGKILL', context)
    await tool(
      `cd /data && ${SUMS} > ${COPY}.killed && find /data -mindepth 1 -delete && cp -a ${COPY}/. /data/ && sync`,
    )
    return { issued, proven: context.clock.now() }
  },
  async witness(cluster, plan) {
    const node = cluster.node(plan.target)
    const { running, exitCode } = await node.vault.state()
    if (running) return notYet(`${plan.target} runs`)
    const killed = await askTool(cluster.docker.engine, plan.disk, `cat ${COPY}.killed`)
    if (killed.exitCode !== 0) return notYet('no copy of the disk was put back')
    const copied = await runTool(cluster.docker.engine, plan.disk, `cd ${COPY} && ${SUMS}`)
    const now = await hashesOnDisk(cluster, plan)
    const then = hashesIn(copied)
    const missing = then.filter((hash) => !now.includes(hash))
    if (missing.length > 0 || now.length !== then.length) {
      return notYet(`${missing.length} of ${then.length} files are not as in the copy`)
    }
    const changed = hashesIn(killed.output).filter((hash) => !now.includes(hash))
    if (changed.length === 0) return notYet('nothing had been written since the copy')
    const age = formatDuration(milliseconds(plan.ageMs))
    const told = `exit code ${exitCode}; ${now.length} files are as they were ${age} before, ${changed.length} of them not as at the kill`
    return lossSeen(cluster, plan, [plan.target], told)
  },
  // Only what a process that died midway left frozen; the disk stays as it is.
  async heal({ engine }, { container, node }) {
    const server = new Container(engine, container, node)
    if ((await server.labelsIfThere()) !== undefined) await server.unpause()
  },
  residue: async () => [],
}

const hashesIn = (sums: string): readonly string[] =>
  sums
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(' ')[0] as string)

/** Through the stopped server's own container, not through the place that wrote the files. */
async function hashesOnDisk(cluster: Cluster, plan: OldDiskPlan): Promise<readonly string[]> {
  const files = await cluster.node(plan.target).vault.readAll(plan.dataPath)
  return files.map((content) => createHash('sha256').update(content).digest('hex'))
}

export const VOLUME_FAULTS: readonly FaultKind[] = [HOST_DESTROYED, HOST_GIVEN_UP, OLD_DISK]

/** Gone for good with its data; only a new node can take its place. */
export const hostDestroyed = (node: Target): Fault<DestroyPlan> =>
  aimed(HOST_DESTROYED, targetText(node))

/** Gone from its place, where a new one is to stand; its disk is kept for {@link Workplace.switchOnOld}. */
export const hostGivenUp = (node: Target): Fault<DestroyPlan> =>
  aimed(HOST_GIVEN_UP, targetText(node))

/** Down, with the disk of some time ago; starting it is up to a procedure. */
export const oldDisk = (node: Target, ageMs?: number): Fault<OldDiskPlan> =>
  aimed(OLD_DISK, targetText(node), ageMs === undefined ? {} : { ageMs })
