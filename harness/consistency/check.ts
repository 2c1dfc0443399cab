import type { History, Op } from '../journal/history.ts'
import type { OperationKind } from '../journal/operation.ts'
import type { ReadOut, ReadRegister } from '../journal/read-out.ts'
import type { Cut } from './cut.ts'
import { deletedByNobody, type Resurrected, resurrections } from './deletions.ts'
import {
  isStaleRead,
  readsOf,
  type SearchedRegister,
  searchRegister,
  withoutReads,
} from './judged-register.ts'
import { compareNodes } from './nodes.ts'
import { finalOf, type RegisterOps, registersOf } from './register.ts'
import { checkRestore } from './restored.ts'
import { type SearchFault, STEPS_PER_REGISTER } from './search.ts'
import { checkVersions, isUnknownWrite, type VersionFindings } from './versions.ts'
import type { Violation } from './violation.ts'

/**
 * Whether the registers behaved as one copy of the data: two checkers that share no rule, and
 * what the read-outs show by themselves. A pure function: the same files give the same findings,
 * so what limits it is a number of steps and not a time.
 */
export type ConsistencyFindings = {
  readonly operations: number
  readonly keys: number
  readonly acknowledged: number
  readonly unknown: number
  /** Of the unknown writes, as the read-out shows. The others are not known even now. */
  readonly unknownApplied: number
  readonly unknownNotApplied: number
  readonly casConflicts: number
  readonly byKind: Readonly<Partial<Record<OperationKind, KindCount>>>
  /** Of each rule and name at most {@link LISTED_PER_NAME}, the count is whole. */
  readonly violations: readonly Violation[]
  readonly violationCount: number
  /** Stale reads that the contract `vault-lease` allows. */
  readonly classified: readonly Violation[]
  readonly checkers: { readonly versions: CheckerVerdict; readonly search: CheckerVerdict }
  /** Registers that each checker judged. */
  readonly judged: { readonly versions: number; readonly search: number }
  /** Whether the checkers came to the same result wherever both judged. */
  readonly agree: boolean
  readonly disagreements: readonly string[]
  /** Registers on which neither checker could decide. */
  readonly undecided: readonly string[]
  /** What was not read. With any of these nothing may be called consistent. */
  readonly gaps: readonly string[]
  readonly resurrected: readonly Resurrected[]
  readonly everyNodeAgrees: boolean
  /** Where the recovery point of a restore is. */
  readonly cut?: Cut
}

export type CheckerVerdict = 'valid' | 'violated' | 'undecided'
export type KindCount = { readonly sent: number; readonly acknowledged: number }

export type ConsistencyOptions = {
  readonly contract: 'strict' | 'vault-lease'
  /** Nodes that must have been read. */
  readonly nodes?: readonly string[]
  /** Of the search, over all registers and for one of them. */
  readonly steps?: number
  readonly stepsPerRegister?: number
  readonly hashBits?: number
  /** Defects to plant in the search. */
  readonly faults?: ReadonlySet<SearchFault>
}

/** Of every kind some: what a detector found must not be crowded out by another. */
export const LISTED_PER_NAME = 25
/** A minute or so; after it only the registers that nothing else can judge would be missing. */
const STEPS = 200_000_000

type Judged = {
  readonly register: RegisterOps
  readonly final: ReadRegister | undefined
  /** Absent where the rules of the versions do not hold: no read-out, or a restore. */
  readonly versions?: VersionFindings
  /** Reads that the contract allows to be stale; the versions are judged without them. */
  readonly stale: readonly Violation[]
  readonly overlaps: number
  searched?: SearchedRegister
}

export function checkConsistency(
  history: History,
  readOuts: readonly ReadOut[],
  options: ConsistencyOptions,
): ConsistencyFindings {
  const { registers, operator } = registersOf(history)
  const isRestored = operator.some(({ f }) => f === 'restore')
  const judged = registers.map((register): Judged => {
    const final = finalOf(register.key, readOuts)
    const overlaps = overlapsOf(register)
    if (final === undefined || isRestored) return { register, final, stale: [], overlaps }
    return { register, final, ...judgeVersions(register, final, options), overlaps }
  })
  searchAll(judged, operator, options)

  const nodes = compareNodes(registers, readOuts, options.nodes)
  const restored = checkRestore(registers, readOuts, operator)
  const resurrected = registers.flatMap((each) => resurrections(each, readOuts, operator))
  const violations: Violation[] = [
    ...judged.flatMap(({ versions }) => versions?.violations ?? []),
    ...judged.flatMap(({ searched }) => searched?.violations ?? []),
    ...resurrected.filter(({ byRestore }) => !byRestore).map(resurrectionOf),
    ...registers.flatMap((each) => deletedByNobody(each, readOuts, operator)),
    ...registers.flatMap(corruptReads),
    ...nodes.violations,
    ...restored.violations,
  ]
  const disagreements = judged.filter((each) => !agrees(each)).map(keyOf)
  return {
    ...countsOf(history, judged),
    keys: registers.length,
    violations: someOfEach(violations),
    violationCount: violations.length,
    classified: judged.flatMap(({ stale, searched }) => [
      ...stale,
      ...(searched?.classified ?? []),
    ]),
    checkers: { versions: versionsVerdict(judged), search: searchVerdict(judged) },
    judged: {
      versions: judged.filter(({ versions }) => versions !== undefined).length,
      search: judged.filter(isSearched).length,
    },
    agree: disagreements.length === 0,
    disagreements,
    undecided: judged.filter(isUndecided).map(keyOf),
    gaps: [...nodes.gaps, ...restored.gaps],
    resurrected,
    everyNodeAgrees: nodes.everyNodeAgrees,
    ...(restored.cut === undefined ? {} : { cut: restored.cut }),
  }
}

function judgeVersions(
  register: RegisterOps,
  final: ReadRegister,
  { contract }: ConsistencyOptions,
): { readonly versions: VersionFindings; readonly stale: readonly Violation[] } {
  const versions = checkVersions(register, final)
  const stale = contract === 'strict' ? [] : versions.violations.filter(isStaleRead)
  if (stale.length === 0) return { versions, stale }
  const left = withoutReads(register, readsOf(stale))
  return { versions: checkVersions(left, final), stale }
}

const keyOf = ({ register }: Judged): string => register.key

/** First what nothing else can judge, then what was busiest. */
function searchAll(
  judged: readonly Judged[],
  operator: readonly Op[],
  {
    contract,
    steps = STEPS,
    stepsPerRegister = STEPS_PER_REGISTER,
    ...options
  }: ConsistencyOptions,
): void {
  const needed = (each: Judged): number => (isDecidedByVersions(each) ? 0 : 1)
  const inOrder = [...judged].sort((a, b) => needed(b) - needed(a) || b.overlaps - a.overlaps)
  let left = steps
  for (const each of inOrder) {
    if (left <= 0) return
    const { register, final, stale } = each
    each.searched = searchRegister(register, {
      contract,
      final,
      operator,
      stale,
      steps: Math.min(stepsPerRegister, left),
      ...(options.hashBits === undefined ? {} : { hashBits: options.hashBits }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    })
    left -= each.searched.steps
  }
}

/** Operations that began while another one was under way. */
function overlapsOf({ ops }: RegisterOps): number {
  let busyUntil = 0
  let overlaps = 0
  for (const { call, ret } of ops) {
    if (call <= busyUntil) overlaps++
    if (ret !== Number.POSITIVE_INFINITY) busyUntil = Math.max(busyUntil, ret)
  }
  return overlaps
}

const isDecidedByVersions = ({ versions }: Judged): boolean =>
  versions !== undefined && (versions.isExact || versions.violations.length > 0)
const isSearched = ({ searched }: Judged): boolean =>
  searched !== undefined && searched.verdict !== 'undecided'
const isUndecided = (each: Judged): boolean => !isDecidedByVersions(each) && !isSearched(each)

const refusedByVersions = ({ versions }: Judged): boolean => (versions?.violations.length ?? 0) > 0

/**
 * Where the versions are exact, both must say the same. Elsewhere their rules are necessary
 * only: what they refuse, the search must refuse too.
 */
function agrees(each: Judged): boolean {
  const { versions, searched } = each
  if (versions === undefined || searched === undefined || !isSearched(each)) return true
  if (refusedByVersions(each)) return searched.verdict === 'violated'
  return !versions.isExact || searched.verdict === 'valid'
}

function versionsVerdict(judged: readonly Judged[]): CheckerVerdict {
  if (judged.some(refusedByVersions)) return 'violated'
  return judged.some(({ versions }) => versions !== undefined) ? 'valid' : 'undecided'
}

/** What the search gave up on counts only where nothing else decides. */
function searchVerdict(judged: readonly Judged[]): CheckerVerdict {
  if (judged.some(({ searched }) => searched?.verdict === 'violated')) return 'violated'
  return judged.some(isSearched) && !judged.some(isUndecided) ? 'valid' : 'undecided'
}

function someOfEach(violations: readonly Violation[]): readonly Violation[] {
  const counts = new Map<string, number>()
  return violations.filter(({ rule, name }) => {
    const count = counts.get(`${rule} ${name}`) ?? 0
    counts.set(`${rule} ${name}`, count + 1)
    return count < LISTED_PER_NAME
  })
}

function resurrectionOf({ key, version, node, i }: Resurrected): Violation {
  const because = `version ${version} is live on ${node}, and operation ${i} deleted it`
  return { rule: 'R', name: 'resurrection', key, ops: [i], because }
}

function corruptReads({ key, ops }: RegisterOps): readonly Violation[] {
  return ops.flatMap(({ i, out }) => {
    if (out.t !== 'corrupt') return []
    const because = `operation ${i}: ${out.why}`
    return [{ rule: 'C', name: 'corrupt-value', key, ops: [i], because } as const]
  })
}

function countsOf(
  { ops }: History,
  judged: readonly Judged[],
): Pick<
  ConsistencyFindings,
  | 'operations'
  | 'acknowledged'
  | 'unknown'
  | 'unknownApplied'
  | 'unknownNotApplied'
  | 'casConflicts'
  | 'byKind'
> {
  const byKind: Partial<Record<OperationKind, { sent: number; acknowledged: number }>> = {}
  let unknown = 0
  let casConflicts = 0
  for (const { f, out } of ops) {
    const count = byKind[f] ?? { sent: 0, acknowledged: 0 }
    byKind[f] = count
    count.sent++
    if (out.t === 'ack') count.acknowledged++
    else if (out.t === 'unknown' && f !== 'read') unknown++
    else if (out.t === 'casfail') casConflicts++
  }
  let unknownApplied = 0
  let unknownNotApplied = 0
  for (const { register, final, versions } of judged) {
    if (final === undefined) continue
    const found = new Set([...final.versions.values()].map(({ op }) => op))
    for (const op of register.ops) {
      if (!isUnknownWrite(op)) continue
      if (op.op !== undefined && found.has(op.op)) unknownApplied++
      else if (versions?.isExact === true) unknownNotApplied++
    }
  }
  return {
    operations: ops.length,
    acknowledged: Object.values(byKind).reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    unknown,
    unknownApplied,
    unknownNotApplied,
    casConflicts,
    byKind,
  }
}
