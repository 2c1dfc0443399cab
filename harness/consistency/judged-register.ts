import type { Op } from '../journal/history.ts'
import type { ReadRegister } from '../journal/read-out.ts'
import { problemOf, STATUS } from './problem.ts'
import type { RegisterOps } from './register.ts'
import { type SearchOptions, type SearchResult, type Stuck, search } from './search.ts'
import type { Violation, ViolationName } from './violation.ts'

/** What the search says of one register, under the contract that is judged. */
export type SearchedRegister = {
  readonly verdict: SearchResult['verdict']
  readonly steps: number
  readonly violations: readonly Violation[]
  /** Stale reads that the contract allows. */
  readonly classified: readonly Violation[]
}

export type SearchedOptions = SearchOptions & {
  readonly contract: 'strict' | 'vault-lease'
  readonly final: ReadRegister | undefined
  readonly operator: readonly Op[]
  /** Stale reads that are known already, from the versions. */
  readonly stale: readonly Violation[]
}

/**
 * Under `vault-lease` a read may be stale. So reads that no order explains are left out one after
 * the other; if the rest has an order, they were stale, and if not, they were not the reason.
 */
export function searchRegister(
  register: RegisterOps,
  { contract, final, operator, stale, ...options }: SearchedOptions,
): SearchedRegister {
  const isLenient = contract === 'vault-lease'
  const without = new Set(readsOf(stale))
  const classified: Violation[] = []
  let first: Violation | undefined
  let steps = 0
  while (true) {
    const left = options.steps === undefined ? {} : { steps: options.steps - steps }
    const problem = problemOf(withoutReads(register, without), { final, operator })
    const result = search(problem, { ...options, ...left })
    steps += result.steps
    if (result.stuck === undefined) {
      return { verdict: result.verdict, steps, violations: [], classified }
    }
    const { stuck } = result
    const op = register.ops.find(({ i }) => i === stuck.i)
    const violation = violationOf(register, final, stuck, op)
    first ??= violation
    if (!isLenient || op === undefined || !isOfThePast(op, register)) {
      return { verdict: 'violated', steps, violations: [first], classified: [] }
    }
    without.add(op.i)
    classified.push({ ...violation, name: 'stale-read' })
  }
}

/** Whether what a read saw had been written when it returned. */
function isOfThePast({ f, out, ret }: Op, { ops }: RegisterOps): boolean {
  if (f !== 'read' || out.t !== 'ack') return false
  const { val } = out
  return typeof val !== 'string' || ops.some((op) => op.op === val && op.call <= ret)
}

function violationOf(
  { key }: RegisterOps,
  final: ReadRegister | undefined,
  stuck: Stuck,
  op: Op | undefined,
): Violation {
  const { i, placed, operations, version, status } = stuck
  const state = version === 0 ? 'nothing is there' : `version ${version} is ${nameOf(status)}`
  const what = i === 0 ? 'the read-out' : `operation ${i} (${op?.f ?? 'unknown'})`
  const because = `no order of its ${operations} operations explains ${what}: after ${placed} of them ${state}`
  const ops = i === 0 ? [] : [i]
  return { rule: 'B', name: violationName(final, stuck, op), key, ops, because }
}

function violationName(
  final: ReadRegister | undefined,
  { i, version, status }: Stuck,
  op: Op | undefined,
): ViolationName {
  if (status !== STATUS.deleted) return 'not-linearizable'
  const atLast = final?.versions.get(version)?.listed
  if (i === 0) {
    const isBack = final?.current === version && atLast === 'live'
    return isBack ? 'resurrection' : 'not-linearizable'
  }
  const out = op?.f === 'read' && op.out.t === 'ack' ? op.out : undefined
  if (out?.ver !== version || out.deleted === true) return 'not-linearizable'
  // It lives again only if it stays: else the read was late.
  return atLast === 'live' ? 'resurrection' : 'stale-read'
}

const nameOf = (status: number): string =>
  Object.entries(STATUS).find(([, number]) => number === status)?.[0] ?? 'unknown'

export const isStaleRead = ({ name }: Violation): boolean => name === 'stale-read'

/** The reads that these violations are about. */
export const readsOf = (violations: readonly Violation[]): ReadonlySet<number> =>
  new Set(violations.flatMap(({ ops }) => ops.slice(-1)))

export function withoutReads({ key, ops }: RegisterOps, reads: ReadonlySet<number>): RegisterOps {
  return { key, ops: ops.filter(({ f, i }) => f !== 'read' || !reads.has(i)) }
}
