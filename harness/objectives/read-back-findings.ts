import type { ReadData } from '../journal/entry.ts'
import type { Ledger } from '../journal/ledger.ts'
import type { RunRecord } from '../journal/read.ts'
import type { ReadPass } from '../journal/read-back.ts'

/** A write that is not as its answer said, and the nodes on which that was seen. */
export type OddWrite = {
  readonly n: number
  readonly path: string
  readonly nodes: readonly string[]
  /** What was found: `absent`, `deleted`, `not intact`, `no version data`, `present`. */
  readonly state: string
  readonly version?: number
}

export type ReadBackFindings = {
  readonly acknowledged: number
  readonly refused: number
  readonly unknown: number
  /** Unanswered writes that were applied: allowed, and counted. */
  readonly recoveredUnknown: number
  readonly lost: readonly OddWrite[]
  readonly corrupt: readonly OddWrite[]
  /** Refused, or never sent, and yet there. */
  readonly ghosts: readonly OddWrite[]
  readonly duplicated: readonly OddWrite[]
  /** Why the read-back does not cover every acknowledged write on every node; empty: it does. */
  readonly gaps: readonly string[]
}

const cached = new WeakMap<RunRecord, ReadBackFindings>()

/** Holds every answer in the ledger against what the read-back found; once per record. */
export function readBackFindings(record: RunRecord): ReadBackFindings | undefined {
  const known = cached.get(record)
  if (known !== undefined) return known
  const found = compared(record)
  if (found !== undefined) cached.set(record, found)
  return found
}

function compared({ ledger, passes, frozen }: RunRecord): ReadBackFindings | undefined {
  if (ledger === undefined) return undefined
  const lost = new OddWrites(ledger)
  const corrupt = new OddWrites(ledger)
  const ghosts = new OddWrites(ledger)
  const duplicated = new OddWrites(ledger)
  const recoveredUnknown = new Set<number>()

  for (const { n, version } of ledger.oddVersions) duplicated.add(n, 'answer', 'present', version)
  for (const pass of passes) {
    const present = (n: number): void => {
      const outcome = ledger.outcomeOf(n)
      if (outcome === 'unknown') recoveredUnknown.add(n)
      else if (outcome !== 'acknowledged') ghosts.add(n, pass.node, 'present')
    }
    for (const n of pass.good) present(n)
    for (const [n, read] of pass.odd) {
      const acknowledged = ledger.outcomeOf(n) === 'acknowledged'
      const defect = defectOf(read)
      if (defect === 'absent' || defect === 'deleted') {
        if (acknowledged) lost.add(n, pass.node, defect)
      } else if (defect !== undefined) {
        corrupt.add(n, pass.node, defect)
        if (acknowledged) lost.add(n, pass.node, defect)
      }
      if (read.state !== 'present') continue
      present(n)
      if (read.version !== 1) duplicated.add(n, pass.node, 'present', read.version)
    }
  }
  return {
    ...ledger.count,
    recoveredUnknown: recoveredUnknown.size,
    lost: lost.list(),
    corrupt: corrupt.list(),
    ghosts: ghosts.list(),
    duplicated: duplicated.list(),
    gaps: gapsOf(ledger, passes, frozen.nodes, frozen.standbyReads),
  }
}

/** Vault says so when a version's metadata is there and its data is not: never "unavailable". */
const NO_VERSION_DATA = /could not find version data/

function defectOf(read: ReadData['read']): string | undefined {
  if (read.state === 'absent' || read.state === 'deleted') return read.state
  if (read.state === 'unreadable') {
    return NO_VERSION_DATA.test(read.why ?? '') ? 'no version data' : undefined
  }
  return read.intact === false ? 'not intact' : undefined
}

/** An unreadable write, or one whose content nobody compared, was not read back. */
const wasRead = (read: ReadData['read']): boolean =>
  defectOf(read) !== undefined || (read.state === 'present' && read.intact !== undefined)

/**
 * Where standbys forward, a node's own data is seen only while it leads, so a pass over a
 * standby proves nothing about it.
 */
function gapsOf(
  ledger: Ledger,
  passes: readonly ReadPass[],
  nodes: readonly string[],
  standbyReads: 'local' | 'forwarded',
): readonly string[] {
  const acknowledged = ledger.numbers.filter((n) => ledger.outcomeOf(n) === 'acknowledged')
  const gapIn = (pass: ReadPass): string | undefined => {
    const unread = acknowledged.filter((n) => {
      const odd = pass.odd.get(n)
      return !pass.good.has(n) && (odd === undefined || !wasRead(odd))
    })
    if (unread.length > 0) {
      return `${unread.length} of ${acknowledged.length} acknowledged writes were not read`
    }
    return pass.ended ? undefined : 'the pass did not end'
  }
  const required = [
    { who: 'the balancer', of: passes.filter(({ as }) => as === 'balancer') },
    ...nodes.map((node) => ({
      who: standbyReads === 'forwarded' ? `${node} as leader` : node,
      of: passes.filter(
        (pass) =>
          pass.node === node &&
          (pass.as === 'leader' || (pass.as === 'standby' && standbyReads === 'local')),
      ),
    })),
  ]
  return required.flatMap(({ who, of }) => {
    if (of.length === 0) return [`${who} was not read`]
    const gaps = of.map(gapIn)
    return gaps.includes(undefined) ? [] : [`${who}: ${gaps[0]}`]
  })
}

/** Collects by write, in the order of their numbers. */
class OddWrites {
  readonly #ledger: Ledger
  readonly #found = new Map<number, { nodes: string[]; state: string; version?: number }>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  add(n: number, node: string, state: string, version?: number): void {
    const known = this.#found.get(n)
    if (known === undefined) {
      this.#found.set(n, { nodes: [node], state, ...(version === undefined ? {} : { version }) })
    } else if (!known.nodes.includes(node)) known.nodes.push(node)
  }

  list(): readonly OddWrite[] {
    return [...this.#found]
      .sort(([a], [b]) => a - b)
      .map(([n, found]) => ({ n, path: this.#ledger.pathOf(n), ...found }))
  }
}
