import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Who made a container: host, boot and process. The start time is part of it because pids are
 * used again; the boot id because start times are counted from boot.
 */
export type Owner = {
  readonly host: string
  readonly boot: string
  readonly pid: number
  readonly started: string
}

/** No Linux: runs of this host then expire by time only, as those of other hosts do. */
const UNKNOWN = 'unknown'

export const thisProcess = (): Owner => ({
  host: hostname(),
  boot: bootId(),
  pid: process.pid,
  started: startOf(process.pid) ?? UNKNOWN,
})

export const ownerText = ({ host, boot, pid, started }: Owner): string =>
  [host, boot, pid, started].join('/')

/** `alive` and `dead` only where it can be known; else, as for another host's run, `elsewhere`. */
export function livenessOf(text: string, here = thisProcess()): 'alive' | 'dead' | 'elsewhere' {
  const [host, boot, pid, started] = text.split('/')
  if (host !== here.host || boot === UNKNOWN) return 'elsewhere'
  if (boot !== here.boot) return 'dead'
  return startOf(Number(pid)) === started ? 'alive' : 'dead'
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return UNKNOWN
  }
}

/** Field 22 of /proc/<pid>/stat: clock ticks after boot; the name before it may hold spaces. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined // no such process
  }
}
