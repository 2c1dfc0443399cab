import { readFileSync, statfsSync } from 'node:fs'
import { type Duration, seconds } from './lib/duration.ts'
import type { Docker } from './stack/docker.ts'

/** What the machine of the engine has left, in MiB; absent where it cannot be seen from here. */
export type Room = { readonly diskMiB?: number; readonly memoryMiB?: number }

/** Less than this and a run would take down more than its own stack. */
export const AT_LEAST: Required<Room> = { diskMiB: 1024, memoryMiB: 256 }

/** A sentence when there is too little of something. */
export function shortage(room: Room, least: Required<Room>): string | undefined {
  const too = (what: string, have: number | undefined, need: number) =>
    have !== undefined && have < need
      ? [`${what} has ${Math.floor(have)} MiB left, ${need} MiB are the limit`]
      : []
  const found = [
    ...too("the engine's disk", room.diskMiB, least.diskMiB),
    ...too('the memory of this machine', room.memoryMiB, least.memoryMiB),
  ]
  return found.length === 0 ? undefined : found.join('; ')
}

/** A reader of what is left; of an engine elsewhere it sees nothing. */
export async function roomOf({ engine, facts }: Docker): Promise<() => Room> {
  if (!facts.local) return () => ({})
  const { DockerRootDir } = (await engine.info()) as { readonly DockerRootDir: string }
  return () => ({ ...freeDisk(DockerRootDir), ...freeMemory() })
}

function freeDisk(path: string): Room {
  try {
    const { bavail, bsize } = statfsSync(path)
    return { diskMiB: (bavail * bsize) / 2 ** 20 }
  } catch {
    return {} // a folder that only root may see
  }
}

/** The kernel's own estimate of what can be had without swapping; caches count as free. */
export function freeMemory(text: () => string = () => readFileSync('/proc/meminfo', 'utf8')): Room {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(text())?.[1]
    return kib === undefined ? {} : { memoryMiB: Number(kib) / 1024 }
  } catch {
    return {} // no Linux
  }
}

/** Watches what is left; the signal is aborted with a {@link SafetyStop} when it is too little. */
export class Guard {
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout

  /** @throws {SafetyStop} when there is too little already. */
  constructor(
    room: () => Room,
    least: Required<Room> = AT_LEAST,
    { every = seconds(3) }: { readonly every?: Duration } = {},
  ) {
    const controller = new AbortController()
    this.signal = controller.signal
    refuse(shortage(room(), least))
    this.#timer = setInterval(() => {
      const found = shortage(room(), least)
      if (found === undefined) return
      this.stop()
      controller.abort(new SafetyStop(found))
    }, every.ms)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

function refuse(found: string | undefined): void {
  if (found !== undefined) throw new SafetyStop(found)
}

/** Going on would harm the machine. */
export class SafetyStop extends Error {
  override readonly name = 'SafetyStop'
  readonly exitCode = 3
  constructor(why: string) {
    super(`stopped by the safety guard: ${why}`)
  }
}
