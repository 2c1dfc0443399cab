import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { FaultKind, FaultPlan } from './fault.ts'

/** How to undo one fault; written before it is injected. */
export type UndoNote = {
  /** `01-kill`: the order in which they were planned, and the kind. */
  readonly id: string
  readonly fault: string
  readonly final: boolean
  readonly plan: FaultPlan
}

const SUFFIX = '.json'
const DONE = '.done'

/**
 * The undo plans of one scenario or stack, a file each. What is healed gets the suffix `.done`;
 * what has none may still be in force, whoever injected it and however that process ended.
 */
export class UndoBook {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** On disk, flushed, when this returns. */
  write(kind: FaultKind, plan: FaultPlan): UndoNote & { readonly file: string } {
    mkdirSync(this.directory, { recursive: true })
    const numbers = readdirSync(this.directory).map((file) => Number.parseInt(file, 10) || 0)
    const id = `${String(Math.max(0, ...numbers) + 1).padStart(2, '0')}-${kind.name}`
    const file = join(this.directory, `${id}${SUFFIX}`)
    const note = { fault: kind.name, final: kind.final, plan }
    writeFileSync(file, `${JSON.stringify(note, null, 2)}\n`, { flush: true, flag: 'wx' })
    return { id, ...note, file: join(basename(this.directory), `${id}${SUFFIX}`) }
  }

  /** Of faults that may be in force, the latest first. */
  pending(): readonly UndoNote[] {
    if (!existsSync(this.directory)) return []
    return readdirSync(this.directory)
      .filter((file) => file.endsWith(SUFFIX))
      .toSorted()
      .toReversed()
      .map((file) => ({
        id: basename(file, SUFFIX),
        ...(JSON.parse(readFileSync(join(this.directory, file), 'utf8')) as Omit<UndoNote, 'id'>),
      }))
  }

  /** Twice is harmless. */
  done(id: string): void {
    const file = join(this.directory, `${id}${SUFFIX}`)
    if (existsSync(file)) renameSync(file, `${file}${DONE}`)
  }
}
