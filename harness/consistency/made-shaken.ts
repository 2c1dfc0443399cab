import type { History, Op } from '../journal/history.ts'
import type { ReadRegister } from '../journal/read-out.ts'
import type { Made } from './made-history.ts'
import { pickFrom, type Random, randomFrom } from './random.ts'

/**
 * A made history with some of its stamps and answers, or of its read-out, moved a little, which breaks it or does not:
 * whether it still is linearizable nobody knows beforehand, so two checkers can be compared.
 */
export function shaken(made: Made, seed: number): Made {
  const random = randomFrom(seed)
  const owners = ownersIn(made)
  let ops = made.history.ops
  for (let count = 1 + Math.floor(random() * 8); count > 0; count--) {
    const op = pickFrom(random, ops)
    if (op === undefined) break
    const moved = moveOf(op, random, owners)
    ops = ops.map((other) => (other === op ? moved : other))
  }
  const byCall = [...ops].sort((a, b) => a.call - b.call || a.i - b.i)
  const history = { ...made.history, ops: byCall }
  if (random() < 0.8) return { ...made, history }
  const readOuts = made.readOuts.map((readOut) => {
    const registers = new Map(readOut.registers)
    const [key, register] = pickFrom(random, [...registers]) ?? []
    if (key !== undefined && register !== undefined) {
      registers.set(key, shakenRegister(register, random, history))
    }
    return { ...readOut, registers }
  })
  return { ...made, history, readOuts }
}

function shakenRegister(register: ReadRegister, random: Random, { ops }: History): ReadRegister {
  const versions = new Map(register.versions)
  const [version, found] = pickFrom(random, [...versions]) ?? []
  if (version === undefined || found === undefined) return register
  const luck = random()
  if (luck < 0.15) return { ...register, current: register.current + (random() < 0.5 ? -1 : 1) }
  if (luck < 0.3) versions.delete(version)
  else if (luck < 0.5) versions.set(version, { listed: 'deleted', state: 'deleted' })
  else if (luck < 0.6) versions.set(version, { listed: 'destroyed' })
  else if (luck < 0.75)
    versions.set(version, { listed: found.listed }) // nobody asked for the value
  else {
    const op = pickFrom(random, ops)?.op ?? 'f'.repeat(16)
    versions.set(version, { listed: 'live', state: 'present', op, intact: true })
  }
  return { ...register, versions }
}

type Owners = ReadonlyMap<string, ReadonlyMap<number, string>>

const MOVES_NS = [1, 500_000, 2_000_000, 5_000_000, 20_000_000]

function moveOf(op: Op, random: Random, owners: Owners): Op {
  const by = (pickFrom(random, MOVES_NS) ?? 0) * (random() < 0.5 ? -1 : 1)
  const luck = random()
  if (luck < 0.3) return { ...op, call: Math.min(op.call + by, op.ret) }
  if (luck < 0.6) return { ...op, ret: Math.max(op.ret + by, op.call) }
  const { out } = op
  if (op.f === 'read' && out.t === 'ack' && out.deleted !== true) {
    return otherRead(op, (out.ver ?? 0) + (random() < 0.5 ? -1 : 1), owners)
  }
  if (op.f === 'write' && out.t === 'casfail') {
    return { ...op, cas: Math.max(0, (op.cas ?? 0) + (random() < 0.5 ? -1 : 1)) }
  }
  if (op.f === 'write' && out.t === 'ack' && luck > 0.95) {
    return { ...op, ret: Number.POSITIVE_INFINITY, out: { t: 'unknown', why: 'made unknown' } }
  }
  return op
}

function otherRead(op: Op, ver: number, owners: Owners): Op {
  if (ver === 0) return { ...op, out: { t: 'ack', val: null } }
  const val = owners.get(op.key)?.get(ver)
  return val === undefined ? op : { ...op, out: { t: 'ack', ver, val } }
}

function ownersIn({ readOuts }: Made): Owners {
  const owners = new Map<string, Map<number, string>>()
  for (const [key, { versions }] of readOuts[0]?.registers ?? []) {
    const of = new Map<number, string>()
    for (const [version, { op }] of versions) if (op !== undefined) of.set(version, op)
    owners.set(key, of)
  }
  return owners
}
