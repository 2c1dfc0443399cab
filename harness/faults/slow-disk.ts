import type { Cluster } from '../cluster/cluster.ts'
import { seconds } from '../lib/duration.ts'
import { happened, notYet } from '../lib/until.ts'
import type { Docker } from '../stack/docker.ts'
import { removeToolbox, runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import { isVolumeThere, removeVolume } from '../stack/volume.ts'
import {
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  numberGiven,
} from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

/**
 * The kernel's own brake: so many writes a second reach the disk for the processes of one
 * container. The engine can set it at a start only, so it is set in the server's cgroup.
 */

export type SlowDiskPlan = FaultPlan & {
  readonly container: string
  /** `major:minor` of what the data volume lies on. */
  readonly device: string
  readonly writesPerSecond: number
  /** With the host's cgroups at `/cgroup` and the node's disk at `/data`. */
  readonly tools: ToolboxSpec
  /** The volume that is a window to the host's cgroups. */
  readonly cgroups: string
  /** On the engine's host, by the version of its cgroups; no mount lies below it. */
  readonly hierarchy: string
}

/** A write synced to disk waits at least so long for its turn, and for a journal's besides. */
const slowMs = ({ writesPerSecond }: SlowDiskPlan): number => 0.8 * (1000 / writesPerSecond)

const SLOW_DISK: FaultKind<SlowDiskPlan> = {
  name: 'disk-slow',
  family: 'disk',
  does: "only so many writes a second of one server reach its data volume's disk",
  witnessed: "another process in the server's cgroup times fdatasync on its data volume",
  cannotShow: 'slow reads, which come from memory; nor a disk that other containers share',
  source: '-',
  final: false,
  targets: ['leader', 'standby', 'random', '<node>'],
  parameters: { writesPerSecond: { default: 20, says: 'writes that reach the disk' } },
  needs: ['io-throttle'],
  async plan(cluster, aim, seed) {
    const node = await oneNode(cluster, aim.target, seed)
    const disk = cluster.diskTools(node)
    const script =
      'python3 -c \'import os; d = os.stat("/data").st_dev; print(os.major(d), os.minor(d))\''
    const [major, minor] = (await runTool(cluster.docker.engine, disk, script)).trim().split(' ')
    if (major === undefined || major === '0') {
      throw new CannotPlan(`the data volume of ${node.name} lies on no block device`)
    }
    const cgroups = `${disk.name}-cgroups`
    const { CgroupVersion } = (await cluster.docker.engine.info()) as { CgroupVersion?: string }
    return {
      target: node.name,
      touches: [node.vault.id],
      container: node.vault.id,
      device: `${major}:${minor}`,
      writesPerSecond: Math.max(1, numberGiven(aim, 'writesPerSecond')),
      tools: {
        ...disk,
        name: `${disk.name}-brake`,
        volumes: { ...disk.volumes, [cgroups]: '/cgroup' },
      },
      cgroups,
      hierarchy: CgroupVersion === '2' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/blkio',
    }
  },
  async inject({ docker }, plan, { clock }) {
    await openWindow(docker, plan)
    const issued = clock.now()
    await runTool(docker.engine, plan.tools, limiting(plan, plan.writesPerSecond))
    return { issued, proven: clock.now() }
  },
  async witness(cluster, plan) {
    const ms = await syncMs(cluster, plan)
    const seen = `fdatasync on the disk of ${plan.target} takes ${ms.toFixed(1)} ms`
    return ms >= slowMs(plan) ? happened(seen) : notYet(seen)
  },
  async heal(docker, plan) {
    await openWindow(docker, plan)
    await runTool(docker.engine, plan.tools, limiting(plan, 0))
    await closeWindow(docker, plan)
  },
  async residue(docker, plan) {
    await openWindow(docker, plan)
    const script = `${folderOf(plan)} && cat $f/blkio.throttle.write_iops_device $f/io.max 2>/dev/null | grep '^${plan.device} ' || true`
    const left = (await runTool(docker.engine, plan.tools, script)).trim()
    await closeWindow(docker, plan)
    return left === '' || /wiops=max/.test(left)
      ? []
      : [`the server of ${plan.target} still has the limit ${left}`]
  },
}

export const SLOW_DISK_FAULTS: readonly FaultKind[] = [SLOW_DISK]

/** Only so many of its writes a second reach the disk. */
export const diskSlow = (
  node: Target,
  given: { readonly writesPerSecond?: number } = {},
): Fault<SlowDiskPlan> => aimed(SLOW_DISK, targetText(node), given)

/** A bind of the host's folder as a volume with our labels, so that a sweep finds it. */
async function openWindow(
  { engine }: Docker,
  { cgroups, tools, hierarchy }: SlowDiskPlan,
): Promise<void> {
  if (await isVolumeThere(engine, cgroups)) return
  await engine.createVolume({
    Name: cgroups,
    Labels: { ...tools.labels },
    DriverOpts: { type: 'none', o: 'bind', device: hierarchy },
  })
}

async function closeWindow({ engine }: Docker, { cgroups, tools }: SlowDiskPlan): Promise<void> {
  await removeToolbox(engine, tools)
  await removeVolume(engine, { name: cgroups, labels: tools.labels })
}

/** Cgroups of both versions are folders named after the container; the driver decides how. */
const folderOf = ({ container }: SlowDiskPlan): string =>
  `f=$(find /cgroup -maxdepth 4 -type d -name '*${container}*' 2>/dev/null | head -1) && [ -n "$f" ]`

/** 0 takes the limit away. */
const limiting = (
  plan: SlowDiskPlan,
  perSecond: number,
): string => `${folderOf(plan)} || exit ${perSecond === 0 ? 0 : 1}
if [ -e $f/io.max ]; then echo '${plan.device} wiops=${perSecond || 'max'}' > $f/io.max
else echo '${plan.device} ${perSecond}' > $f/blkio.throttle.write_iops_device; fi`

/** The median of seven, by a process that joins the server's cgroup for the time of it. */
async function syncMs(cluster: Cluster, plan: SlowDiskPlan): Promise<number> {
  await openWindow(cluster.docker, plan)
  const script = `${folderOf(plan)} || exit 1
echo 0 > $f/cgroup.procs
python3 - <<'END'
import os, time
file = os.open("/data/.drill-sync", os.O_CREAT | os.O_WRONLY)
took = []
for i in range(7):
    os.pwrite(file, bytes(4096), 4096 * i)
    began = time.monotonic()
    os.fdatasync(file)
    took.append(time.monotonic() - began)
os.close(file)
os.unlink("/data/.drill-sync")
print(sorted(took)[3] * 1000)
END`
  return Number((await runTool(cluster.docker.engine, plan.tools, script, seconds(30))).trim())
}
