import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { askTool, removeToolbox, runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import {
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type Injection,
} from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

/** Faults of the volumes that a node writes to. */

export type VolumePlan = FaultPlan & {
  /** The server's. */
  readonly container: string
  readonly tools: ToolboxSpec
  /** Where the toolbox has the volume. */
  readonly folder: string
  /** How often the server's log had told of it before. */
  readonly toldBefore: number
}

/** Whose volume it is on a machine where it was not limited: the engine's own disk. */
const LARGEST_MIB = 1024
const FILL = '.drill-fill'
const NO_SPACE = /no space left on device/
/** OpenBao 2.6.2 tells only that its second attempt met a file that the first had closed. */
const NO_ENTRY = /no space left on device|failed to (audit|log) re(quest|sponse)/
const READ_ONLY_TEXT = /read-only file system/

const DATA_FULL = full('data-full', {
  folder: '/data',
  needed: 'dataMiB',
  noticed: NO_SPACE,
  tools: (cluster, node) => cluster.diskTools(node),
  does: "fills the volume of a node's Raft data, which has a limited size, to the last byte",
  source: 'HLD:47-49',
})

const AUDIT_FULL = full('audit-full', {
  folder: '/audit',
  needed: "audit: 'small'",
  noticed: NO_ENTRY,
  tools: (cluster, node) => cluster.auditTools(node),
  does: "fills the volume of a node's audit file, which has a limited size, to the last byte",
  source: 'HLD:703-740',
})

const READ_ONLY: FaultKind<VolumePlan> = {
  name: 'data-read-only',
  family: 'disk',
  does: 'kills a server and starts it again on a data volume that cannot be written',
  witnessed: `a write by another container fails and the server's log says so`,
  cannotShow: 'a file system that turns read-only under a running server: it would be busy',
  source: '-',
  final: false,
  targets: ['standby', 'leader', 'random', '<node>'],
  parameters: {},
  needs: ['privileged'],
  async plan(cluster, { target }, seed) {
    const node = await oneNode(cluster, target, seed)
    const tools = await limited(cluster, cluster.diskTools(node), '/data', 'dataMiB')
    const isReadOnly = (await tryWriting(cluster, tools)).exitCode !== 0
    return {
      target: node.name,
      touches: [node.vault.id],
      container: node.vault.id,
      tools: { ...tools, name: `${tools.name}-mount`, privileged: true },
      folder: '/data',
      toldBefore: isReadOnly ? -1 : await toldIn(node.vault, READ_ONLY_TEXT),
    }
  },
  async inject({ docker: { engine } }, plan, { clock, signal }) {
    const server = new Container(engine, plan.container, plan.target)
    const issued = clock.now()
    await server.signal('SIGKILL')
    await until(
      `the process of ${plan.target} is gone`,
      async () => ((await server.state()).running ? notYet('it runs') : happened(true)),
      { within: seconds(30), every: milliseconds(10), signal },
    )
    await runTool(engine, plan.tools, `mount -o remount,ro ${plan.folder}`)
    const proven = clock.now()
    await server.start()
    return { issued, proven }
  },
  async witness(cluster, plan) {
    const node = cluster.node(plan.target)
    const { exitCode, output } = await tryWriting(cluster, cluster.diskTools(node))
    if (exitCode === 0) return notYet(`${plan.folder} of ${plan.target} can be written`)
    const told = (await toldIn(node.vault, READ_ONLY_TEXT)) - plan.toldBefore
    if (told <= 0) return notYet(`${output.trim()}; the server has not noticed`)
    return happened(`${output.trim()}; the server's log says so ${told} times`)
  },
  async heal({ engine }, plan) {
    // With all that a dead harness may have left running in it: that could mount it again.
    await removeToolbox(engine, plan.tools)
    await runTool(engine, plan.tools, `mount -o remount,rw ${plan.folder}`)
    await removeToolbox(engine, plan.tools)
    await new Container(engine, plan.container, plan.target).start()
  },
  async residue({ engine }, plan) {
    const script = `grep -q ' ${plan.folder} tmpfs ro' /proc/mounts && echo read-only || true`
    const isReadOnly = (await runTool(engine, plan.tools, script)).trim() !== ''
    await removeToolbox(engine, plan.tools) // it may mount, so it lives no longer than it has to
    return isReadOnly ? [`${plan.folder} of ${plan.target} cannot be written`] : []
  },
}

export const DISK_FAULTS: readonly FaultKind[] = [DATA_FULL, AUDIT_FULL, READ_ONLY]

/** Its data volume has no room left; needs a cluster with `dataMiB`. */
export const dataFull = (node: Target): Fault<VolumePlan> => aimed(DATA_FULL, targetText(node))

/** The volume of its audit file has no room left; needs a cluster with `audit: 'small'`. */
export const auditFull = (node: Target): Fault<VolumePlan> => aimed(AUDIT_FULL, targetText(node))

/** Killed, and started again on a data volume that is read-only; needs `dataMiB`. */
export const dataReadOnly = (node: Target): Fault<VolumePlan> => aimed(READ_ONLY, targetText(node))

type Filling = Pick<FaultKind, 'does' | 'source'> & {
  readonly folder: string
  /** What a scenario has to ask of its cluster. */
  readonly needed: string
  /** What the server's log has of it. */
  readonly noticed: RegExp
  readonly tools: (cluster: Cluster, node: Node) => ToolboxSpec | undefined
}

function full(
  name: string,
  { folder, needed, noticed, tools: toolsOf, ...told }: Filling,
): FaultKind<VolumePlan> {
  return {
    name,
    family: 'disk',
    ...told,
    witnessed: `the kernel has 0 bytes left there, and the server's log has a new error for it`,
    cannotShow: 'a slow disk on the way there: the volume lies in memory and fills at once',
    final: false,
    targets: ['leader', 'standby', 'random', '<node>'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }, seed) {
      const node = await oneNode(cluster, target, seed)
      const tools = await limited(cluster, toolsOf(cluster, node), folder, needed)
      return {
        target: node.name,
        touches: [node.vault.id],
        container: node.vault.id,
        tools,
        folder,
        // What is full already has been told of before, and must be seen to be in force.
        toldBefore:
          (await freeBytes(cluster, tools, folder)) > 0 ? await toldIn(node.vault, noticed) : -1,
      }
    },
    async inject({ docker: { engine } }, { tools }, { clock }: Injection) {
      const issued = clock.now()
      const file = `${folder}/${FILL}`
      // Large pieces first, then what they leave over; both end with ENOSPC, which is the point.
      const script = `dd if=/dev/zero of=${file} bs=1M 2>/dev/null
        dd if=/dev/zero of=${file} bs=4k oflag=append conv=notrunc 2>/dev/null; true`
      await runTool(engine, tools, script, seconds(60))
      return { issued, proven: clock.now() }
    },
    async witness(cluster, plan) {
      const free = await freeBytes(cluster, plan.tools, folder)
      if (free > 0) return notYet(`${free} bytes are free in ${folder} of ${plan.target}`)
      const { vault } = cluster.node(plan.target)
      const toldNow = (await toldIn(vault, noticed)) - plan.toldBefore
      const { running, exitCode } = await vault.state()
      const seen = `0 bytes are free in ${folder} of ${plan.target}`
      if (toldNow <= 0) return notYet(`${seen}; its server has not said so yet`)
      const server = running ? 'it runs' : `it ended with exit code ${exitCode}`
      return happened(`${seen}; its server's log says so ${toldNow} times; ${server}`)
    },
    /** Makes room; a server that ended for want of it is started, on the disk it has. */
    async heal({ engine }, { tools, container, target }) {
      await runTool(engine, tools, `rm -f ${folder}/${FILL}`)
      const server = new Container(engine, container, target)
      if (!(await staysUp(server))) await server.start()
    },
    async residue({ engine }, { tools, container, target }) {
      const script = `[ ! -e ${folder}/${FILL} ] || stat -c %s ${folder}/${FILL}`
      const size = (await runTool(engine, tools, script)).trim()
      const { running } = await new Container(engine, container, target).state()
      return [
        ...(size === '' ? [] : [`${folder} of ${target} still has ${size} bytes of filling`]),
        ...(running ? [] : [`${target} is not running`]),
      ]
    },
  }
}

/** Nobody may fill the disk that the engine itself lives on. */
async function limited(
  cluster: Cluster,
  tools: ToolboxSpec | undefined,
  folder: string,
  needed: string,
): Promise<ToolboxSpec> {
  const missing = `its volume is not limited; a cluster for it is started with ${needed}`
  if (tools === undefined) throw new CannotPlan(missing)
  const script = `stat -f -c '%T %b %S' ${folder}`
  const [type, blocks, size] = (await runTool(cluster.docker.engine, tools, script))
    .trim()
    .split(' ')
  const mib = (Number(blocks) * Number(size)) / 2 ** 20
  if (type !== 'tmpfs' || !(mib <= LARGEST_MIB)) throw new CannotPlan(missing)
  return tools
}

async function freeBytes(cluster: Cluster, tools: ToolboxSpec, folder: string): Promise<number> {
  const script = `stat -f -c '%a %S' ${folder}`
  const [blocks, size] = (await runTool(cluster.docker.engine, tools, script)).trim().split(' ')
  return Number(blocks) * Number(size)
}

/** A server that has just told of it may still be on its way out. */
async function staysUp(server: Container): Promise<boolean> {
  const from = performance.now()
  return until(
    'the server has ended, or has not for half a second',
    async () => {
      if (!(await server.state()).running) return happened(false)
      return performance.now() - from > 500 ? happened(true) : notYet('it runs')
    },
    { within: seconds(10), every: milliseconds(50) },
  )
}

const tryWriting = (cluster: Cluster, tools: ToolboxSpec) =>
  askTool(cluster.docker.engine, tools, 'touch /data/.drill-write && rm /data/.drill-write')

/** How many lines of the server's log match. */
async function toldIn(server: Container, text: RegExp): Promise<number> {
  return (await server.logs()).split('\n').filter((line) => text.test(line)).length
}
