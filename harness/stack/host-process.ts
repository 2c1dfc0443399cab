import { readFileSync } from 'node:fs'

/** Processes of the engine's host, as its kernel tells; only where engine and harness share one. */

/** Whether a host process still runs; a zombie has run its last instruction and counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3))
  } catch {
    return false // no such process
  }
}

/** Whether a host process lives in that container, by the kernel's own record. */
export function belongsTo(pid: number, containerId: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(containerId)
  } catch {
    return false // no such process
  }
}
