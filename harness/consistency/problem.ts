import type { Op } from '../journal/history.ts'
import type { ReadRegister } from '../journal/read-out.ts'
import type { Ns } from '../lib/clock.ts'
import { ownerIn, type RegisterOps } from './register.ts'

/**
 * A register's history as numbers, for the search: what was asked, what the answers say, and
 * what the read-out adds, which is which unknown writes were applied, who owns each version and
 * how it ended, and one last read after everything.
 */

export const KIND = {
  read: 0,
  write: 1,
  delete: 2,
  casfail: 3,
  snapshot: 4,
  restore: 5,
} as const

export const STATUS = { none: 0, live: 1, deleted: 2, destroyed: 3 } as const

/** Nothing is known, so everything agrees with it. */
export const ANY = -1
/** The read-out does not list the version: nobody can have made it. */
export const NOBODY = -2

export type Placed = {
  readonly kind: number
  readonly call: Ns
  /** ∞: it need not have happened. */
  readonly ret: Ns
  /** Seen by a read, made by a write; else {@link ANY}. */
  readonly ver: number
  /** Of a read what it saw, of a write its own value. */
  readonly val: number
  readonly status: number
  /** Expected by a conditional write; else {@link ANY}. */
  readonly cas: number
  /** Whether the versions of the read-out are those that it makes. */
  readonly isLasting: boolean
  /** Place of the operation that must come before it, being no different; −1: none. */
  readonly after: number
  /** Number of the operation; 0: the read-out. */
  readonly i: number
}

export type Problem = {
  readonly operations: readonly Placed[]
  /** By version: the value and the end that the read-out shows. Empty without one. */
  readonly owners: Int32Array
  readonly ends: Int8Array
}

export type ProblemOptions = {
  readonly final?: ReadRegister | undefined
  readonly operator?: readonly Op[]
}

export function problemOf(
  { ops }: RegisterOps,
  { final, operator = [] }: ProblemOptions = {},
): Problem {
  const values = new Map<string, number>()
  const numberOf = (id: string | null | undefined): number => {
    if (id === undefined) return ANY
    if (id === null) return 0
    const known = values.get(id)
    if (known !== undefined) return known
    values.set(id, values.size + 1)
    return values.size
  }
  const end = endOf(ops, operator)
  const restores = operator.filter(({ f }) => f === 'restore').map(({ ret }) => ret)
  const restored = Math.max(Number.NEGATIVE_INFINITY, ...restores)
  const found = final === undefined ? undefined : whatIsFound(final, ops, operator)
  const context = { numberOf, found, restored, end }
  const operations = [...ops, ...operator].flatMap((op) => placedOf(op, context) ?? [])
  if (final === undefined) {
    const nothing = { owners: new Int32Array(0), ends: new Int8Array(0) }
    return { operations: inTurns(operations), ...nothing }
  }
  operations.push(lastRead(final, end, numberOf))
  return { operations: inTurns(operations), ...versionsOf(final, numberOf) }
}

type Context = {
  readonly numberOf: (id: string | null | undefined) => number
  readonly found: Found | undefined
  /** Return of the last restore. */
  readonly restored: Ns
  readonly end: Ns
}

/** `undefined`: it had no effect and saw nothing. */
function placedOf(op: Op, context: Context): Placed | undefined {
  const { f, out, call, ret, i } = op
  const isLasting = context.found !== undefined && call > context.restored
  const common = { ...UNTOLD, call, ret, isLasting, i }
  switch (f) {
    case 'read': {
      if (out.t !== 'ack') return undefined
      const ver = out.ver ?? 0
      const status = ver === 0 ? STATUS.none : out.deleted === true ? STATUS.deleted : STATUS.live
      const val = status === STATUS.live ? context.numberOf(out.val) : ANY
      return { ...common, kind: KIND.read, ver, val, status }
    }
    case 'write':
      return writeOf(op, common, context)
    default: {
      if (out.t === 'ack') return { ...common, kind: KIND[f] }
      if (out.t === 'unknown') return { ...common, kind: KIND[f], ret: Number.POSITIVE_INFINITY }
      return undefined
    }
  }
}

const UNTOLD = { ver: ANY, val: ANY, status: ANY, cas: ANY, after: -1 }

function writeOf(
  { out, op: id, cas = ANY, call, i }: Op,
  common: Omit<Placed, 'kind'>,
  { numberOf, found, restored, end }: Context,
): Placed | undefined {
  if (out.t === 'casfail') return cas === ANY ? undefined : { ...common, kind: KIND.casfail, cas }
  if (out.t !== 'ack' && out.t !== 'unknown') return undefined
  const write = { ...common, kind: KIND.write, val: numberOf(id ?? `operation ${i}`), cas }
  if (out.t === 'ack' && out.ver !== undefined) return { ...write, ver: out.ver }
  const version = id === undefined ? undefined : found?.versions.get(id)
  // Before the read-out, which is all that is known of its end.
  if (version !== undefined) return { ...write, ver: version, ret: end }
  const isAbsent = found?.isComplete === true && call > restored
  return isAbsent ? undefined : { ...write, ret: Number.POSITIVE_INFINITY }
}

/**
 * Unanswered operations that nobody can tell apart take turns: of the writes whose value nobody
 * saw, and of the deletes, the one that was called first. Whatever order explains a history, one
 * in turns does too, and the search need not try the others.
 */
function inTurns(operations: readonly Placed[]): readonly Placed[] {
  const seen = new Set(operations.map(({ kind, val }) => (kind === KIND.read ? val : ANY)))
  const last = new Map<string, number>()
  return operations.map((placed, at) => {
    const { kind, ret, val, cas, isLasting } = placed
    const isAlike = kind === KIND.delete || (kind === KIND.write && cas === ANY && !seen.has(val))
    if (ret !== Number.POSITIVE_INFINITY || !isAlike) return placed
    const group = `${kind} ${isLasting}`
    const after = last.get(group) ?? -1
    last.set(group, at)
    return { ...placed, after }
  })
}

const finite = (at: Ns): Ns => (at === Number.POSITIVE_INFINITY ? 0 : at)

/** After every call and every return. */
function endOf(ops: readonly Op[], operator: readonly Op[]): Ns {
  let end = 0
  for (const list of [ops, operator]) {
    for (const { call, ret } of list) end = Math.max(end, call, finite(ret))
  }
  return end + 1
}

/** Where the read-out has each write, and whether it tells so of every version. */
type Found = { readonly versions: ReadonlyMap<string, number>; readonly isComplete: boolean }

function whatIsFound(final: ReadRegister, ops: readonly Op[], operator: readonly Op[]): Found {
  // After a restore version numbers begin anew, and an acknowledgement may be of the lost ones.
  const isRestored = operator.some(({ f }) => f === 'restore')
  const acknowledged = new Set(
    ops.flatMap(({ f, out }) => (!isRestored && f === 'write' && out.t === 'ack' ? [out.ver] : [])),
  )
  const versions = new Map<string, number>()
  let isComplete = true
  for (const version of final.versions.keys()) {
    const owner = ownerIn(final, version)
    if (owner !== undefined && !versions.has(owner)) versions.set(owner, version)
    if (owner === undefined && !acknowledged.has(version)) isComplete = false
  }
  return { versions, isComplete }
}

/** A listing that no register can have is seen by nobody: a read of version −1. */
function lastRead(
  final: ReadRegister,
  end: Ns,
  numberOf: (id: string | undefined) => number,
): Placed {
  const { current, versions } = final
  const isPossible = [...versions.keys()].every((version) => version >= 1 && version <= current)
  return {
    kind: KIND.read,
    call: end + 1,
    ret: end + 2,
    ver: isPossible ? current : NOBODY,
    val: numberOf(ownerIn(final, current)),
    status: current === 0 ? STATUS.none : STATUS[versions.get(current)?.listed ?? 'destroyed'],
    cas: ANY,
    isLasting: true,
    after: -1,
    i: 0,
  }
}

function versionsOf(
  final: ReadRegister,
  numberOf: (id: string | undefined) => number,
): Pick<Problem, 'owners' | 'ends'> {
  const owners = new Int32Array(final.current + 1).fill(NOBODY)
  const ends = new Int8Array(final.current + 1).fill(STATUS.destroyed)
  for (const [version, { listed }] of final.versions) {
    if (version < 1 || version > final.current) continue
    owners[version] = numberOf(ownerIn(final, version))
    ends[version] = STATUS[listed]
  }
  return { owners, ends }
}
