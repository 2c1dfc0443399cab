import type { Made } from '../consistency/made-history.ts'
import type { Mutation } from '../consistency/made-mutations.ts'
import type { Op } from '../journal/history.ts'

/** Changes of a made history that only one rule can notice, unlike those that several do. */

const versionOf = ({ out }: Op): number | undefined => (out.t === 'ack' ? out.ver : undefined)

/*
 * On a busy register the search gives up before it comes to the end. So what is changed is the
 * last operation that has a place for the change, and the rules of the versions are alone with it.
 */

/** The last read of an older version than was known before it began. */
export const staleRead: Mutation = (made) =>
  changeLast(made, isRead, (read, ops) => {
    const newest = ops.findLast((op) => isWrite(op) && op.ret < read.call)
    const version = newest === undefined ? undefined : versionOf(newest)
    if (version === undefined) return undefined
    const older = ops.find((op) => isWrite(op) && versionOf(op) === version - 1)
    if (older?.op === undefined) return undefined
    // A condition that was checked meanwhile would contradict it, too.
    const isChecked = ({ cas, ret, out }: Op) =>
      cas !== undefined && out.t !== 'unknown' && ret > read.call
    if (ops.some(isChecked)) return undefined
    return { out: { t: 'ack', ver: version - 1, val: older.op } }
  })

/** The next version, before the write of it was called; nothing later goes back behind it. */
export const futureRead: Mutation = (made) =>
  changeLast(made, isRead, (read, ops) => {
    const version = (versionOf(read) ?? 0) + 1
    const write = ops.find((op) => isWrite(op) && versionOf(op) === version)
    if (write?.op === undefined || write.call <= read.ret) return undefined
    const goesBack = ops.some((op) => op.call > read.ret && (versionOf(op) ?? version) < version)
    return goesBack ? undefined : { out: { t: 'ack', ver: version, val: write.op } }
  })

/** The version before, which another write made. */
export const acknowledgedTwice: Mutation = (made) =>
  changeLast(
    made,
    (op) => isWrite(op) && op.cas === undefined,
    (write, ops) => {
      const version = (versionOf(write) ?? 0) - 1
      const isTaken = ops.some((op) => isWrite(op) && versionOf(op) === version)
      return isTaken ? { out: { t: 'ack', ver: version } } : undefined
    },
  )

/** A conditional write is acknowledged that expected another version. */
export const againstCondition: Mutation = (made) =>
  changeLast(
    made,
    (op) => isWrite(op) && op.cas !== undefined,
    ({ cas = 0 }) => ({ cas: cas + 1 }),
  )

/** A write was refused, and yet it made a version. */
export const refusedAndThere: Mutation = (made) =>
  changeLast(
    made,
    (op) => isWrite(op) && op.cas === undefined,
    () => ({ out: { t: 'refused', why: 'ECONNREFUSED' } }),
  )

const isRead = (op: Op): boolean => op.f === 'read' && versionOf(op) !== undefined
const isWrite = (op: Op): boolean => op.f === 'write' && versionOf(op) !== undefined

const PLACES_TRIED = 200

function changeLast(
  made: Made,
  isPlace: (op: Op) => boolean,
  change: (op: Op, ops: readonly Op[]) => Partial<Op> | undefined,
): Made | undefined {
  const { ops } = made.history
  for (const op of ops.filter(isPlace).slice(-PLACES_TRIED).reverse()) {
    const changed = change(op, ops)
    if (changed !== undefined) return withOp(made, op, changed)
  }
  return undefined
}

/** A version is read whole after its delete was acknowledged; its number is the right one. */
export const liveAfterDelete: Mutation = (made) => {
  const { ops } = made.history
  for (const read of ops) {
    if (read.f !== 'read' || read.out.t !== 'ack' || read.out.deleted !== true) continue
    const { ver } = read.out
    const write = ops.find((op) => op.key === read.key && op.f === 'write' && versionOf(op) === ver)
    if (write?.op === undefined) continue
    const deletes = ops.filter(
      ({ key, f, out, call, ret }) =>
        key === read.key &&
        f === 'delete' &&
        out.t === 'ack' &&
        call > write.ret &&
        ret < read.call,
    )
    if (deletes.length === 0) continue
    return withOp(made, read, { out: { t: 'ack', ver: ver ?? 0, val: write.op } })
  }
  return undefined
}

function withOp(made: Made, changed: Op, change: Partial<Op>): Made {
  const ops = made.history.ops.map((op) => (op === changed ? { ...op, ...change } : op))
  return { ...made, history: { ...made.history, ops } }
}
