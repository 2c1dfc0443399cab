import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How much more CPU time all containers together get than one process beside them, where all want
 * it: 1 unless somebody said otherwise. `./drill` says 4 where it starts the engine.
 * @param groups the mount of the control groups of this host.
 * @returns `undefined` where the engine's containers have no common group, as under systemd.
 */
export function containersWeight(groups = '/sys/fs/cgroup'): number | undefined {
  for (const [file, usual] of [
    ['docker/cpu.weight', 100],
    ['cpu/docker/cpu.shares', 1024],
  ] as const) {
    const weight = Number(read(join(groups, file)))
    if (weight > 0) return weight / usual
  }
  return undefined
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // another version of control groups, or another host's
  }
}
