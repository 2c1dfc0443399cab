import { isDeepStrictEqual } from 'node:util'
import {
  type ConsistencyFindings,
  type ConsistencyOptions,
  checkConsistency,
} from '../consistency/check.ts'
import type { Violation } from '../consistency/violation.ts'
import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { type DetectorId, type Finding, NONE_OFF, type Off } from './detections.ts'
import { inconclusive, type Judgement, missedBy } from './objective.ts'
import type { OddWrite } from './read-back-findings.ts'

export type ConsistencySpec = Extract<ObjectiveSpec, { kind: 'consistency' }>

/** No client is told anything that one register, used by one client after the other, could not tell. */
export function consistency({
  id = 'consistency',
  contract,
  source,
}: {
  readonly id?: string
  readonly contract: ConsistencySpec['contract']
  readonly source?: string
}): ConsistencySpec {
  return {
    kind: 'consistency',
    id,
    contract,
    ...(source === undefined ? {} : { source }),
  }
}

/** What the checkers found, as the verdict keeps it: counts whole, lists bounded. */
export type ConsistencyVerdict = Omit<ConsistencyFindings, 'byKind' | 'resurrected' | 'cut'> & {
  readonly byKind: Readonly<
    Record<string, { readonly sent: number; readonly acknowledged: number }>
  >
  readonly classifiedCount: number
  /** Whether what a restore brought back is the state of one instant; `null` without a restore. */
  readonly cut: { readonly isConsistent: boolean; readonly reasons: readonly string[] } | null
}

const LISTED_MAX = 20

/** `null` when no client recorded an operation. */
export function consistencyVerdict(
  record: RunRecord,
  planted: PlantedInCheckers = {},
): ConsistencyVerdict | null {
  const found = searched(record, planted)
  if (found === undefined) return null
  const { cut, resurrected: _, ...rest } = found
  return {
    ...rest,
    violations: found.violations.slice(0, LISTED_MAX),
    classified: found.classified.slice(0, LISTED_MAX),
    classifiedCount: found.classified.length,
    disagreements: found.disagreements.slice(0, LISTED_MAX),
    undecided: found.undecided.slice(0, LISTED_MAX),
    gaps: found.gaps.slice(0, LISTED_MAX),
    byKind: found.byKind,
    cut: cut === undefined ? null : { isConsistent: cut.isConsistent, reasons: cut.reasons },
  }
}

/** Defects that the self-test puts into the search. */
export type PlantedInCheckers = Pick<ConsistencyOptions, 'faults' | 'hashBits' | 'stepsPerRegister'>

type Searched = { readonly planted: PlantedInCheckers; readonly found: ConsistencyFindings }
const cached = new WeakMap<RunRecord, Searched>()

/** Once per record: gates, objective and verdict share one search. */
export const consistencyFindings = (record: RunRecord): ConsistencyFindings | undefined =>
  searched(record, cached.get(record)?.planted ?? {})

function searched(record: RunRecord, planted: PlantedInCheckers): ConsistencyFindings | undefined {
  const { history, readOuts, frozen } = record
  if (history === undefined) return undefined
  const known = cached.get(record)
  if (known !== undefined && isDeepStrictEqual(known.planted, planted)) return known.found
  const spec = frozen.objectives.find(({ kind }) => kind === 'consistency')
  const contract = spec?.kind === 'consistency' ? spec.contract : 'strict'
  const found = checkConsistency(history, readOuts, { contract, nodes: frozen.nodes, ...planted })
  cached.set(record, { planted, found })
  return found
}

/**
 * Missed on any violation. Without a history, or with a register on which neither checker came
 * to an end, nobody knows.
 * @see docs/decisions/two-checkers.md
 */
export function judgeConsistency(
  _spec: ConsistencySpec,
  record: RunRecord,
  off: Off = NONE_OFF,
): Judgement {
  const found = consistencyFindings(record)
  if (found === undefined) return inconclusive('vacuous', 'no operation was recorded')
  const { violationCount: count, operations, keys } = found
  const heard = found.violations.filter(({ rule }) => !off.has(DETECTOR_OF[rule]))
  const more = count > 1 ? ` (and ${count - 1} more)` : ''
  const findings = heard.map(({ rule, name, key, because }): Finding => {
    return { id: DETECTOR_OF[rule], because: `${name} of ${key}: ${because}${more}` }
  })
  const judgement = missedBy(findings, off, count, () => {
    const [open] = found.undecided
    if (open !== undefined) {
      const because = `${found.undecided.length} of ${keys} registers could not be decided, the first is ${open}`
      return inconclusive('undecided', because, count)
    }
    const late = found.classified.length
    const stale = late === 0 ? '' : `; ${late} stale reads that the contract allows`
    const because = `${operations} operations on ${keys} registers have an order that explains them${stale}`
    return { measured: count, verdict: 'met', because }
  })
  return heard.some(({ name }) => LOSSES.includes(name))
    ? { ...judgement, writesLost: true }
    : judgement
}

const DETECTOR_OF: Readonly<Record<Violation['rule'], DetectorId>> = {
  A1: 'A1',
  A2: 'A2',
  A3: 'A3',
  A4: 'A4',
  A5: 'A5',
  B: 'B',
  R: 'resurrected',
  C: 'corrupt',
  N: 'nodes-differ',
  cut: 'cut',
}

/** By these an acknowledged write is gone. */
const LOSSES: readonly Violation['name'][] = [
  'lost-acknowledged-write',
  'lost-before-snapshot',
  'lost-after-restore',
  'inconsistent-cut',
]

/** Deleted, acknowledged, and yet live; `n` is the number of the operation that deleted it. */
export function resurrectedIn(record: RunRecord): readonly OddWrite[] {
  const byKey = new Map<string, { n: number; path: string; nodes: string[]; version: number }>()
  for (const { key, version, node, i } of consistencyFindings(record)?.resurrected ?? []) {
    const id = `${key} ${version}`
    const known = byKey.get(id)
    if (known === undefined) {
      byKey.set(id, { n: i, path: `secret/data/${key}`, nodes: [node], version })
    } else if (!known.nodes.includes(node)) known.nodes.push(node)
  }
  return [...byKey.values()].map((found) => ({ ...found, state: 'deleted and back' }))
}
