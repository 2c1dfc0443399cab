import type { Op } from '../journal/history.ts'
import type { Member } from './versions.ts'
import type { Violation } from './violation.ts'

/**
 * Rule A4. A conditional write made the version after the one that it expected. One that was
 * refused saw, at some instant between its call and its return, another version than that.
 */
export function casViolations(
  key: string,
  ops: readonly Op[],
  members: readonly Member[],
  current: number,
): readonly Violation[] {
  const violations: Violation[] = []
  const say = (op: Op, because: string): void => {
    const text = `operation ${op.i}: ${because}`
    violations.push({ rule: 'A4', name: 'cas-anomaly', key, ops: [op.i], because: text })
  }
  for (const { op, version } of members) {
    if (op.f === 'write' && op.cas !== undefined && op.cas + 1 !== version) {
      say(op, `expected version ${op.cas} and made version ${version}`)
    }
  }
  const refused = ops.filter(
    ({ f, out, cas }) => f === 'write' && out.t === 'casfail' && cas !== undefined,
  )
  if (refused.length === 0) return violations
  const least = leastVersions(refused, members)
  const most = mostVersions(refused, members, current)
  // Each takes the least version that it can have seen, not before what a refusal that ended
  // before it took: only lower limits depend on others, so the least choice is the best for all.
  const byReturn = [...refused].sort((a, b) => a.ret - b.ret)
  const taken = new Map<Op, number>()
  let next = 0
  let floor = 0
  for (const [at, op] of refused.entries()) {
    for (; ; next++) {
      const other = byReturn[next]
      if (other === undefined || other.ret >= op.call) break
      floor = Math.max(floor, taken.get(other) ?? 0)
    }
    const from = Math.max(floor, least[at] ?? 0)
    const took = from === op.cas ? from + 1 : from
    if (took > (most[at] ?? current)) {
      say(op, `refused because the version was not ${op.cas}, and it can have seen no other`)
    } else {
      taken.set(op, took)
    }
  }
  return violations
}

/** The newest version that was known before each began. */
function leastVersions(refused: readonly Op[], members: readonly Member[]): readonly number[] {
  const byReturn = [...members].sort((a, b) => a.op.ret - b.op.ret)
  let newest = 0
  let next = 0
  return refused.map(({ call }) => {
    for (; ; next++) {
      const ended = byReturn[next]
      if (ended === undefined || ended.op.ret >= call) return newest
      newest = Math.max(newest, ended.version)
    }
  })
}

/** The version that was not over yet when each ended, from what began after it. */
function mostVersions(
  refused: readonly Op[],
  members: readonly Member[],
  current: number,
): readonly number[] {
  const byCall = [...members].sort((a, b) => b.op.call - a.op.call)
  const byReturn = [...refused.entries()].sort(([, a], [, b]) => b.ret - a.ret)
  const most = refused.map(() => current)
  let oldest = current
  let next = 0
  for (const [at, { ret }] of byReturn) {
    for (; ; next++) {
      const begun = byCall[next]
      if (begun === undefined || begun.op.call <= ret) break
      // What is written after it was not there yet.
      oldest = Math.min(oldest, begun.op.f === 'write' ? begun.version - 1 : begun.version)
    }
    most[at] = oldest
  }
  return most
}
