import type { Docker } from './docker.ts'
import { askTool, removeToolbox, type ToolboxSpec } from './toolbox.ts'

/**
 * What an engine and the kernel under it let us do to a container. Probed at run time: the same
 * engine differs with its kernel's modules, its security settings and who asks.
 */
export type Ability =
  /** iptables rules in a container's network namespace. */
  | 'net-admin'
  /** iptables can drop a random share of the packets. */
  | 'random-drop'
  /** tc can limit the rate at which packets leave. */
  | 'rate-limit'
  | 'pause'
  /** Taking a pod out of its network and back without losing the ports by which it is reached. */
  | 'unplug'
  | 'memory-limit'
  | 'cpu-quota'
  /** A limit on what one container writes to a disk. */
  | 'io-throttle'
  /** Mounts of its own: a container that is privileged. */
  | 'privileged'

export type Abilities = Readonly<Record<Ability, true | string>>

/** The first thing in the way, in words; `undefined` when there is none. */
export function whyNot(needs: readonly Ability[], abilities: Abilities): string | undefined {
  for (const need of needs) {
    const able = abilities[need]
    if (able !== true) return able
  }
  return undefined
}

/** Asks the engine, and tries in a toolbox of its own, without a network, what only trying tells. */
export async function probeAbilities(docker: Docker, box: ToolboxSpec): Promise<Abilities> {
  const { engine, facts } = docker
  const info = await engine.info()
  const has = (flag: string, what: string): true | string =>
    (info as Record<string, unknown>)[flag] === true || `the engine has no ${what}`
  const spec: ToolboxSpec = { ...box, name: `${box.name}-abilities` }
  const mounter: ToolboxSpec = { ...spec, name: `${spec.name}-mount`, privileged: true }
  const tried = async (what: string, script: string, by = spec): Promise<true | string> => {
    try {
      const { exitCode, output } = await askTool(engine, by, script)
      return exitCode === 0 || `${what}: ${output.trim().split('\n').at(-1) ?? ''}`
    } catch (error) {
      return `${what}: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  try {
    const netAdmin = await tried(
      'no iptables in a container',
      'iptables -A OUTPUT -d 192.0.2.1 -p tcp -j DROP',
    )
    const randomDrop = await tried(
      'iptables has no random match',
      'iptables -A OUTPUT -d 192.0.2.1 -p tcp -m statistic --mode random --probability 0.3 -j DROP',
    )
    const rateLimit = await tried(
      'the kernel has no token bucket',
      'tc qdisc replace dev lo root tbf rate 256kbit burst 16kb latency 400ms',
    )
    const throttle = await tried(
      'the kernel limits no writes of a cgroup',
      'ls /sys/fs/cgroup/blkio/blkio.throttle.write_iops_device || grep -qw io /sys/fs/cgroup/cgroup.controllers',
    )
    const mount = await tried('containers may not mount', 'mount -t tmpfs tmpfs /mnt', mounter)
    return {
      'net-admin': netAdmin,
      'random-drop': randomDrop,
      'rate-limit': rateLimit,
      // Without root an engine has no freezer and no limits unless cgroups are delegated to it.
      pause: !facts.rootless || 'a rootless engine cannot freeze containers',
      unplug:
        facts.dial === 'direct' ||
        'nodes are reached by published ports here, which change when a pod is plugged in again',
      'memory-limit': has('MemoryLimit', 'memory limits'),
      'cpu-quota': has('CpuCfsQuota', 'CPU quotas'),
      'io-throttle': throttle,
      privileged: mount,
    }
  } finally {
    await Promise.all([spec, mounter].map((each) => removeToolbox(engine, each)))
  }
}
