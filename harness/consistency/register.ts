import type { History, Op } from '../journal/history.ts'
import type { ReadOut, ReadRegister } from '../journal/read-out.ts'

/** The operations on one register, in the order of their calls. */
export type RegisterOps = { readonly key: string; readonly ops: readonly Op[] }

/** What each register saw, and what the operator did to all of them at once. */
export function registersOf(history: History): {
  readonly registers: readonly RegisterOps[]
  /** Snapshots and restores that were or may have been done. */
  readonly operator: readonly Op[]
} {
  const byKey = new Map<string, Op[]>()
  const operator: Op[] = []
  for (const op of history.ops) {
    if (op.f === 'snapshot' || op.f === 'restore') {
      if (op.out.t === 'ack' || op.out.t === 'unknown') operator.push(op)
      continue
    }
    const ops = byKey.get(op.key)
    if (ops === undefined) byKey.set(op.key, [op])
    else ops.push(op)
  }
  const registers = [...byKey].map(([key, ops]) => ({ key, ops }))
  return { registers, operator }
}

/** Whether an operation may have deleted something. */
export const mayDelete = ({ f, out }: Op): boolean => f === 'delete' && out.t !== 'refused'

/** The write whose value a version has, if somebody read it and found it whole. */
export function ownerIn(register: ReadRegister, version: number): string | undefined {
  const found = register.versions.get(version)
  return found?.state === 'present' && found.intact === true ? found.op : undefined
}

/**
 * The read-out of a register that the checkers use: of the node that tells most of its values.
 * That the other nodes hold the same is a rule of its own.
 */
export function finalOf(key: string, readOuts: readonly ReadOut[]): ReadRegister | undefined {
  let best: ReadRegister | undefined
  let most = -1
  for (const { registers } of readOuts) {
    const register = registers.get(key)
    if (register === undefined || register.state === 'unreadable') continue
    let told = 0
    for (const version of register.versions.values()) {
      if (version.state === 'present' && version.intact === true) told++
    }
    if (told > most) {
      most = told
      best = register
    }
  }
  return best
}
