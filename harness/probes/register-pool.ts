import type { Seed } from '../lib/seed.ts'

/**
 * `hot`: all clients of a group use it at the same instants, so that operations really overlap.
 * `warm`: used now and then, so that it lives through a fault. `deletable`: the only class that
 * is ever deleted, because a deleted register tells less about the reads of it.
 */
export type RegisterClass = 'hot' | 'warm' | 'deletable'

export type Register = {
  /** Its name in the API, below `/v1/secret/data/`. */
  readonly key: string
  readonly class: RegisterClass
}

/** Retired by count and not by time, so that registers in use straddle any fault. */
export const OPERATIONS_PER_REGISTER = 200
/** All versions are kept in one entry that every write rewrites. */
export const WRITES_PER_REGISTER = 90
/** So far below its limit may one register be retired: they shall not all end together. */
const MISALIGNED = 0.1

const IN_USE: Readonly<Record<RegisterClass, number>> = { hot: 1, warm: 4, deletable: 1 }

type Used = Register & { operations: number; writes: number; readonly share: number }

/** The registers that one group of clients shares; a used up one is followed by a new one. */
export class RegisterPool {
  readonly #prefix: string
  readonly #seed: Seed
  readonly #inUse: Record<RegisterClass, Used[]>
  readonly #made: Record<RegisterClass, number> = { hot: 0, warm: 0, deletable: 0 }

  /** @param prefix of the group: `rpo/7f3a/register/t1`. */
  constructor(prefix: string, seed: Seed) {
    this.#prefix = prefix
    this.#seed = seed
    this.#inUse = { hot: [], warm: [], deletable: [] }
    for (const kind of Object.keys(IN_USE) as RegisterClass[]) {
      for (let i = 0; i < IN_USE[kind]; i++) this.#inUse[kind].push(this.#make(kind))
    }
  }

  /** One that is in use. @param fraction in [0, 1): which one of its class. */
  pick(kind: RegisterClass, fraction: number): Register {
    const registers = this.#inUse[kind]
    return registers[Math.floor(fraction * registers.length)] as Register
  }

  /** Counts an operation that is about to be sent; a used up register is not picked again. */
  count(register: Register, isWrite: boolean): void {
    const registers = this.#inUse[register.class]
    const at = registers.indexOf(register as Used)
    const used = registers[at]
    if (used === undefined) return // retired while somebody still owed it a read
    used.operations++
    if (isWrite) used.writes++
    if (
      used.operations >= OPERATIONS_PER_REGISTER * used.share ||
      used.writes >= WRITES_PER_REGISTER * used.share
    ) {
      registers[at] = this.#make(register.class)
    }
  }

  #make(kind: RegisterClass): Used {
    const key = `${this.#prefix}/${kind}-${++this.#made[kind]}`
    const share = 1 - MISALIGNED * this.#seed.fraction(`register/${key}`)
    return { key, class: kind, operations: 0, writes: 0, share }
  }
}
