import { type Made, type MadeOptions, madeHistory } from './made-history.ts'
import {
  acknowledgedWrites,
  currentOf,
  isAcknowledged,
  place,
  plainKeys,
  readsOf,
  type Shown,
  withOp,
  withRegister,
  withVersion,
  writesOf,
} from './made-places.ts'
import type { Sabotage } from './made-store.ts'
import { randomFrom } from './random.ts'
import type { ViolationName } from './violation.ts'

/**
 * Defects planted into a made history: one answer or the read-out is changed, or the same history
 * is made again in a world that misbehaves. Each says by which finding it must be noticed.
 */

/** `undefined`: the history has no place for it. */
export type Mutation = (made: Made, seed: number) => Made | undefined

export type MutationName = keyof typeof MUTATIONS

const changes = {
  'stale-read': staleRead,
  'future-read': futureRead,
  'lost-write': lostWrite,
  'duplicate-version': duplicateVersion,
  'version-gap': versionGap,
  'cas-anomaly': casAnomaly,
  'refused-visible': refusedVisible,
  'foreign-value': foreignValue,
  resurrection,
  'deleted-by-nobody': deletedByNobody,
  'node-differs': nodeDiffers,
  'corrupt-value': corruptValue,
}

const worlds = {
  'restore-noop': world('restore-noop', { restore: true }),
  'restore-too-old': world('restore-too-old', { restore: true }),
  'tenant-from-older-snapshot': world('tenant-from-older-snapshot', { restore: true }),
  'written-after-snapshot-present': world('written-after-snapshot', { restore: true }),
  // Keys are copied one after the other, so there must be some, and writes meanwhile. With half
  // of both, 2 copies of 1,559 were by chance those of one instant, and no defect at all.
  'file-copy': world('file-copy', { restore: true, keys: 48, operations: 2400 }),
  'duplicate-apply': world('duplicate-apply', { restore: false }),
  'acknowledge-nothing': world('acknowledge-nothing', { restore: false }),
  'delete-ignored': world('delete-ignored', { restore: false, deletes: true }),
}

export const MUTATIONS = { ...changes, ...worlds } satisfies Record<string, Mutation>

/** One of these findings must be there. */
export const CAUGHT_BY: Readonly<Record<MutationName, readonly ViolationName[]>> = {
  'stale-read': ['stale-read'],
  'future-read': ['future-read'],
  'lost-write': ['lost-acknowledged-write'],
  'duplicate-version': ['duplicate-version'],
  'version-gap': ['version-gap'],
  'cas-anomaly': ['cas-anomaly'],
  'refused-visible': ['refused-write-visible'],
  'foreign-value': ['foreign-value'],
  resurrection: ['resurrection'],
  'deleted-by-nobody': ['deleted-by-nobody'],
  'node-differs': ['nodes-differ'],
  'corrupt-value': ['corrupt-value'],
  'restore-noop': ['present-after-snapshot'],
  'restore-too-old': ['lost-before-snapshot'],
  'tenant-from-older-snapshot': ['lost-before-snapshot', 'inconsistent-cut'],
  'written-after-snapshot-present': ['present-after-snapshot', 'inconsistent-cut'],
  'file-copy': ['inconsistent-cut'],
  'duplicate-apply': ['duplicate-apply', 'refused-write-visible'],
  'acknowledge-nothing': ['duplicate-version', 'lost-acknowledged-write'],
  'delete-ignored': ['resurrection', 'not-linearizable'],
}

function world(sabotage: Sabotage, options: Partial<MadeOptions>): Mutation {
  return (made, seed) => madeHistory(seed, { ...made.options, ...options, sabotage })
}

// --- one answer, or the read-out, is changed -----------------------------------------------

function staleRead(made: Made, seed: number): Made | undefined {
  return place(made, seed, readsOf(made), (read) => {
    const known = acknowledgedWrites(made, read.key).filter(({ ret }) => ret < read.call)
    const newest = Math.max(0, ...known.map(({ out }) => out.ver))
    const older = known.find(({ out }) => out.ver === newest - 1)
    if (older === undefined) return undefined
    return withOp(made, { ...read, out: { t: 'ack', ver: newest - 1, val: older.op ?? '' } })
  })
}

function futureRead(made: Made, seed: number): Made | undefined {
  return place(made, seed, readsOf(made), (read) => {
    const later = acknowledgedWrites(made, read.key).find(({ call }) => call > read.ret)
    if (later === undefined) return undefined
    return withOp(made, { ...read, out: { t: 'ack', ver: later.out.ver, val: later.op ?? '' } })
  })
}

function lostWrite(made: Made, seed: number): Made | undefined {
  return place(made, seed, plainKeys(made), (key) => {
    const current = currentOf(made, key)
    const last = acknowledgedWrites(made, key).find(({ out }) => out.ver === current)
    if (last === undefined) return undefined
    return withRegister(made, key, (register) => {
      const versions = new Map(register.versions)
      versions.delete(current)
      return { ...register, current: current - 1, versions }
    })
  })
}

function duplicateVersion(made: Made, seed: number): Made | undefined {
  return place(made, seed, writesOf(made), (write) => {
    const version = write.out.ver - 1
    const before = acknowledgedWrites(made, write.key).some(({ out }) => out.ver === version)
    if (!before || write.cas !== undefined) return undefined
    return withOp(made, { ...write, out: { t: 'ack', ver: version } })
  })
}

function versionGap(made: Made, seed: number): Made | undefined {
  return place(made, seed, plainKeys(made), (key, random) => {
    const current = currentOf(made, key)
    if (current < 3) return undefined
    const gone = 1 + Math.floor(random() * (current - 1))
    return withRegister(made, key, (register) => {
      const versions = new Map(register.versions)
      versions.delete(gone)
      return { ...register, versions }
    })
  })
}

function casAnomaly(made: Made, seed: number): Made | undefined {
  const conditional = writesOf(made).filter(({ cas }) => cas !== undefined)
  const random = randomFrom(seed)
  if (random() < 0.5 && conditional.length > 0) {
    return place(made, seed, conditional, (write) =>
      withOp(made, { ...write, cas: (write.cas ?? 0) + 1 }),
    )
  }
  // Refused although the version was the expected one, and no other, all the time.
  return place(made, seed, readsOf(made), (read) => {
    const isQuiet = made.history.ops.every(
      (op) => op.key !== read.key || op.f === 'read' || op.call > read.ret || op.ret < read.call,
    )
    if (!isQuiet) return undefined
    const op = `refused-${read.i}`
    return withOp(made, { ...read, f: 'write', op, cas: read.out.ver, out: { t: 'casfail' } })
  })
}

function refusedVisible(made: Made, seed: number): Made | undefined {
  return place(made, seed, writesOf(made), (write) =>
    withOp(made, { ...write, out: { t: 'refused', why: 'ECONNREFUSED' } }),
  )
}

function foreignValue(made: Made, seed: number): Made | undefined {
  if (randomFrom(seed)() < 0.5) {
    return place(made, seed, readsOf(made), (read) =>
      withOp(made, { ...read, out: { ...read.out, val: 'f'.repeat(16) } }),
    )
  }
  return place(made, seed, plainKeys(made), (key, random) => {
    const current = currentOf(made, key)
    if (current === 0) return undefined
    const version = 1 + Math.floor(random() * current)
    return withVersion(made, key, version, (found) => ({ ...found, op: 'f'.repeat(16) }))
  })
}

function resurrection(made: Made, seed: number): Made | undefined {
  const plain = new Set(plainKeys(made))
  const deletes = made.history.ops.filter(({ f, out }) => f === 'delete' && out.t === 'ack')
  const writes = made.history.ops.filter(
    (op): op is Shown => isAcknowledged(op) && !plain.has(op.key),
  )
  return place(made, seed, writes, (write) => {
    const { key, out } = write
    const register = made.readOuts[0]?.registers.get(key)
    if (register?.versions.get(out.ver)?.listed !== 'deleted') return undefined
    const next = writes.find((other) => other.key === key && other.out.ver === out.ver + 1)
    const until = out.ver === register.current ? Number.POSITIVE_INFINITY : (next?.call ?? 0)
    const isHit = deletes.some((op) => op.key === key && op.call > write.ret && op.ret < until)
    if (!isHit) return undefined
    return withVersion(made, key, out.ver, () => ({
      listed: 'live',
      state: 'present',
      op: write.op ?? '',
      intact: true,
    }))
  })
}

function deletedByNobody(made: Made, seed: number): Made | undefined {
  return place(made, seed, plainKeys(made), (key) => {
    const current = currentOf(made, key)
    if (current === 0) return undefined
    return withVersion(made, key, current, () => ({ listed: 'deleted', state: 'deleted' }))
  })
}

function nodeDiffers(made: Made, seed: number): Made | undefined {
  const last = made.readOuts.at(-1)?.node
  if (made.readOuts.length < 2 || last === undefined) return undefined
  const lost = lostWrite(made, seed)
  if (lost === undefined) return undefined
  const readOuts = made.readOuts.map((readOut, at) =>
    readOut.node === last ? (lost.readOuts[at] ?? readOut) : readOut,
  )
  return { ...made, readOuts }
}

function corruptValue(made: Made, seed: number): Made | undefined {
  return place(made, seed, plainKeys(made), (key) => {
    const current = currentOf(made, key)
    if (current === 0) return undefined
    return withVersion(made, key, current, (found) => ({
      ...found,
      intact: false,
      why: 'its checksum is another',
    }))
  })
}
