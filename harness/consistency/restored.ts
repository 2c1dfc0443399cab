import type { Op } from '../journal/history.ts'
import type { ReadOut } from '../journal/read-out.ts'
import { type Cut, type CutReason, type CutWrite, cutOf } from './cut.ts'
import { finalOf, ownerIn, type RegisterOps } from './register.ts'
import { versionOf } from './versions.ts'
import type { Violation, ViolationName } from './violation.ts'

/** The cut rule over the registers: what of their writes a restore brought back. */
export type RestoreFindings = {
  readonly cut?: Cut
  readonly violations: readonly Violation[]
  readonly gaps: readonly string[]
}

const NAMES: Readonly<Record<CutReason, ViolationName>> = {
  'acknowledged before the snapshot and lost': 'lost-before-snapshot',
  'written after the snapshot and present': 'present-after-snapshot',
  'inconsistent cut': 'inconsistent-cut',
  'acknowledged after the restore and lost': 'lost-after-restore',
}

export function checkRestore(
  registers: readonly RegisterOps[],
  readOuts: readonly ReadOut[],
  operator: readonly Op[],
): RestoreFindings {
  const restores = operator.filter(({ f }) => f === 'restore')
  const [restore] = restores
  if (restore === undefined) return { violations: [], gaps: [] }
  const isOne = restores.length === 1 && restore.out.t === 'ack'
  const snapshot = operator.findLast(
    ({ f, out, call }) => f === 'snapshot' && out.t === 'ack' && call < restore.call,
  )
  if (!isOne || snapshot === undefined) {
    const seen = `${restores.length} restores, the first ${restore.out.t}`
    const gap = `the cut rule needs one acknowledged restore of a known snapshot; seen: ${seen}`
    return { violations: [], gaps: [gap] }
  }
  const writes = registers.flatMap((register) => writesOf(register, readOuts))
  const cut = cutOf({ writes, snapshot, restore })
  const { lastRecovered, firstLost } = cut
  const recovered = writes.find((write) => write.recovered && write.call === lastRecovered)
  const lost = writes.find(
    (write) => write.acknowledged && !write.recovered && write.ret === firstLost,
  )
  const shownBy = [recovered, lost].filter((write) => write !== undefined)
  const violations = cut.reasons.map((reason): Violation => {
    const said = `the last recovered write is operation ${recovered?.i ?? 'none'}, the first lost one ${lost?.i ?? 'none'}`
    return {
      rule: 'cut',
      name: NAMES[reason],
      key: shownBy[0]?.key ?? '',
      ops: shownBy.map(({ i }) => i),
      because: `${reason}: ${said}; ${cut.lost} acknowledged writes are lost`,
    }
  })
  return { cut, violations, gaps: [] }
}

/** Left out is what nobody can tell: writes whose version is there with a value nobody could read. */
function writesOf(
  { key, ops }: RegisterOps,
  readOuts: readonly ReadOut[],
): readonly (CutWrite & { readonly i: number; readonly key: string })[] {
  const final = finalOf(key, readOuts)
  if (final === undefined) return []
  const found = new Set([...final.versions.keys()].map((version) => ownerIn(final, version)))
  return ops.flatMap((op) => {
    const { f, i, call, ret, out } = op
    if (f !== 'write' || out.t === 'refused' || out.t === 'casfail') return []
    const version = versionOf(op)
    const recovered = op.op !== undefined && found.has(op.op)
    const isListed = version !== undefined && final.versions.has(version)
    if (!recovered && isListed && ownerIn(final, version) === undefined) return []
    return [{ i, key, call, ret, acknowledged: out.t === 'ack', recovered }]
  })
}
