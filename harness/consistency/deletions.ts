import type { Op } from '../journal/history.ts'
import type { ReadOut, ReadRegister } from '../journal/read-out.ts'
import type { Ns } from '../lib/clock.ts'
import { mayDelete, ownerIn, type RegisterOps } from './register.ts'
import { isUnknownWrite, versionOf } from './versions.ts'
import type { Violation } from './violation.ts'

/** What the read-out shows of deletes, without any search: rule R. */

/** A secret that was deleted for certain and lives on a node. */
export type Resurrected = {
  readonly key: string
  readonly version: number
  readonly node: string
  /** The delete. */
  readonly i: number
  /** A restore brings back what was deleted after its snapshot: a finding, and no violation. */
  readonly byRestore: boolean
}

/**
 * A delete hits the version that is the latest at that instant. It is certain which one that was
 * if that version was known before the delete began and the next one was written after it ended.
 */
export function resurrections(
  { key, ops }: RegisterOps,
  readOuts: readonly ReadOut[],
  operator: readonly Op[] = [],
): readonly Resurrected[] {
  const deletes = ops.filter(({ f, out }) => f === 'delete' && out.t === 'ack')
  if (deletes.length === 0) return []
  const isRestored = operator.some(({ f }) => f === 'restore')
  const writes = writesIn(ops, isRestored)
  const known = knownFrom(ops)
  const found: Resurrected[] = []
  for (const { node, registers } of readOuts) {
    const register = registers.get(key)
    if (register === undefined || register.state === 'unreadable') continue
    for (const [version, { listed, state }] of register.versions) {
      if (listed === 'destroyed' || (listed === 'deleted' && state !== 'present')) continue
      const write = writes.of(register, version)
      if (write === undefined) continue
      const from = Math.min(write.ret, known.get(`${version} ${write.op}`) ?? write.ret)
      const next = nextFrom(ops, register, version, isRestored ? undefined : writes)
      const hits = deletes.filter(({ call, ret }) => call > from && ret < next)
      const hit = hits.find((op) => !isUndone(op, operator)) ?? hits[0]
      if (hit === undefined) continue
      found.push({ key, version, node, i: hit.i, byRestore: isUndone(hit, operator) })
    }
  }
  return found
}

/** Versions that are deleted on some node although no delete can have met them. */
export function deletedByNobody(
  { key, ops }: RegisterOps,
  readOuts: readonly ReadOut[],
  operator: readonly Op[] = [],
): readonly Violation[] {
  const deletes = ops.filter(mayDelete)
  const isRestored = operator.some(({ f }) => f === 'restore')
  // Without deletes and restore it is a rule of the versions.
  if (deletes.length === 0 && !isRestored) return []
  const writes = writesIn(ops, isRestored)
  const violations: Violation[] = []
  for (const { node, registers } of readOuts) {
    const register = registers.get(key)
    for (const [version, { listed }] of register?.versions ?? []) {
      if (register === undefined || listed !== 'deleted') continue
      const from = isRestored ? undefined : writes.of(register, version)?.call
      const to = isRestored ? Number.POSITIVE_INFINITY : overBy(ops, version)
      const canHit = ({ call, ret }: Op) => ret >= (from ?? 0) && call <= to
      if (deletes.some(canHit)) continue
      const because = `version ${version} is deleted on ${node}, and no delete was under way while it was the latest`
      violations.push({ rule: 'R', name: 'deleted-by-nobody', key, ops: [], because })
    }
  }
  return violations
}

/** Whether the delete came so late that the snapshot may be without it. */
function isUndone(op: Op, operator: readonly Op[]): boolean {
  const restore = operator.findLast(({ f }) => f === 'restore')
  if (restore === undefined || op.call > restore.ret) return false
  const snapshot = operator.findLast(({ f, call }) => f === 'snapshot' && call < restore.call)
  return snapshot === undefined || op.ret >= snapshot.call
}

type Writes = { readonly of: (register: ReadRegister, version: number) => Op | undefined }

/** After a restore two writes may have made the same version, and only the value tells. */
function writesIn(ops: readonly Op[], isRestored: boolean): Writes {
  const byId = new Map<string, Op>()
  const byVersion = new Map<number, Op>()
  for (const op of ops) {
    if (op.f === 'write' && op.op !== undefined) byId.set(op.op, op)
    const version = isRestored ? undefined : versionOf(op)
    if (version !== undefined && !byVersion.has(version)) byVersion.set(version, op)
  }
  return {
    of: (register, version) => {
      const id = ownerIn(register, version)
      return id === undefined ? byVersion.get(version) : byId.get(id)
    },
  }
}

/** When somebody had read a version with its value, so that it certainly was there. */
function knownFrom(ops: readonly Op[]): ReadonlyMap<string, Ns> {
  const known = new Map<string, Ns>()
  for (const { f, out, ret } of ops) {
    if (f !== 'read' || out.t !== 'ack' || typeof out.val !== 'string') continue
    const version = `${out.ver} ${out.val}`
    known.set(version, Math.min(ret, known.get(version) ?? ret))
  }
  return known
}

/**
 * Before this no newer version can have been there.
 * @param writes absent after a restore: what it lost may have been newer.
 */
function nextFrom(
  ops: readonly Op[],
  register: ReadRegister,
  version: number,
  writes: Writes | undefined,
): Ns {
  if (writes !== undefined) {
    if (version === register.current) return Number.POSITIVE_INFINITY
    return writes.of(register, version + 1)?.call ?? Number.NEGATIVE_INFINITY
  }
  const id = ownerIn(register, version + 1)
  let next = Number.POSITIVE_INFINITY
  for (const op of ops) {
    const isNewer = isUnknownWrite(op) || versionOf(op) === version + 1 || op.op === id
    if (op.f === 'write' && isNewer) next = Math.min(next, op.call)
  }
  return next
}

/** From here on a newer version was certainly there. */
function overBy(ops: readonly Op[], version: number): Ns {
  let over = Number.POSITIVE_INFINITY
  for (const { f, out, ret } of ops) {
    if (f !== 'delete' && out.t === 'ack' && (out.ver ?? 0) > version) over = Math.min(over, ret)
  }
  return over
}
