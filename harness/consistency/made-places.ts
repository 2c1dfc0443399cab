import type { Op } from '../journal/history.ts'
import type { ReadRegister, ReadVersion } from '../journal/read-out.ts'
import type { Made } from './made-history.ts'
import { pickFrom, type Random, randomFrom } from './random.ts'
import { mayDelete } from './register.ts'

/** Places in a made history that a defect can be planted at, and the planting. */

/** An answer that names a version: of a read what it found, of a write what it made. */
export type Shown = Op & { readonly out: { readonly t: 'ack'; readonly ver: number } }

/** The first of the shuffled places that has room for it. These are of histories without restore. */
export function place<T>(
  made: Made,
  seed: number,
  places: readonly T[],
  change: (at: T, random: Random) => Made | undefined,
): Made | undefined {
  if (made.options.restore) return undefined
  const random = randomFrom(seed)
  const left = [...places]
  while (left.length > 0) {
    const at = pickFrom(random, left) as T
    left.splice(left.indexOf(at), 1)
    const changed = change(at, random)
    if (changed !== undefined) return changed
  }
  return undefined
}

export function keysOf({ readOuts }: Made): readonly string[] {
  return [...(readOuts[0]?.registers.keys() ?? [])]
}

export const currentOf = ({ readOuts }: Made, key: string): number =>
  readOuts[0]?.registers.get(key)?.current ?? 0

/** Registers that nobody deletes: the rules of the versions decide on them. */
export function plainKeys(made: Made): readonly string[] {
  const deleted = new Set(made.history.ops.filter(mayDelete).map(({ key }) => key))
  return keysOf(made).filter((key) => !deleted.has(key))
}

/** Those that found a version, of registers that nobody deletes. */
export function readsOf(made: Made): readonly Shown[] {
  const keys = new Set(plainKeys(made))
  return made.history.ops.filter(
    (op): op is Shown =>
      op.f === 'read' && op.out.t === 'ack' && op.out.ver !== undefined && keys.has(op.key),
  )
}

export function writesOf(made: Made): readonly Shown[] {
  const keys = new Set(plainKeys(made))
  return made.history.ops.filter((op): op is Shown => isAcknowledged(op) && keys.has(op.key))
}

export function acknowledgedWrites(made: Made, key: string): readonly Shown[] {
  return made.history.ops.filter((op): op is Shown => op.key === key && isAcknowledged(op))
}

export const isAcknowledged = (op: Op): op is Shown =>
  op.f === 'write' && op.out.t === 'ack' && op.out.ver !== undefined

export function withOp(made: Made, op: Op): Made {
  const ops = made.history.ops.map((other) => (other.i === op.i ? op : other))
  return { ...made, history: { ...made.history, ops } }
}

export function withRegister(
  made: Made,
  key: string,
  change: (register: ReadRegister) => ReadRegister,
): Made {
  const readOuts = made.readOuts.map((readOut) => {
    const register = readOut.registers.get(key)
    if (register === undefined) return readOut
    return { ...readOut, registers: new Map(readOut.registers).set(key, change(register)) }
  })
  return { ...made, readOuts }
}

export function withVersion(
  made: Made,
  key: string,
  version: number,
  change: (found: ReadVersion) => ReadVersion,
): Made {
  return withRegister(made, key, (register) => {
    const found = register.versions.get(version)
    if (found === undefined) return register
    return { ...register, versions: new Map(register.versions).set(version, change(found)) }
  })
}
