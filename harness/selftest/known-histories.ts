import { checkConsistency } from '../consistency/check.ts'
import { type MadeOptions, madeHistory } from '../consistency/made-history.ts'
import { MUTATIONS } from '../consistency/made-mutations.ts'
import type { SearchFault } from '../consistency/search.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import type { Seed } from '../lib/seed.ts'

/** Histories that are linearizable because they were made so, and one that is not. */
type KnownHistory = {
  readonly name: string
  readonly options: Partial<MadeOptions>
  /** So few that two configurations soon have the same hash, which must not matter. */
  readonly hashBits?: number
  readonly isStale?: true
}

const KNOWN: readonly KnownHistory[] = [
  {
    name: 'equal timestamps',
    options: { keys: 2, tickNs: 4 * NS_PER_MS, deletes: false },
  },
  { name: 'deleted registers', options: { keys: 4, deletes: true, operations: 400 } },
  {
    name: 'equal hashes',
    options: { keys: 1, clients: 8, deletes: false, unknownShare: 0.1 },
    hashBits: 6,
  },
  { name: 'a stale read', options: { keys: 2, deletes: false }, isStale: true },
]

/** What a checker with this fault gets wrong; nothing without one. */
export function contradictionsOfChecker(
  fault: SearchFault | undefined,
  seed: Seed,
): readonly string[] {
  const said = new Set<string>()
  for (const { name, options, hashBits, isStale } of KNOWN) {
    const number = Math.floor(seed.fraction(name) * 2 ** 31)
    const good = madeHistory(number, { operations: 160, ...options })
    const made = isStale === true ? (MUTATIONS['stale-read'](good, number) ?? good) : good
    const found = checkConsistency(made.history, made.readOuts, {
      contract: 'strict',
      nodes: made.options.nodes,
      ...(hashBits === undefined ? {} : { hashBits }),
      ...(fault === undefined ? {} : { faults: new Set([fault]) }),
    })
    if (found.checkers.search !== (made === good ? 'valid' : 'violated')) said.add(name)
    if (found.disagreements.length > 0) said.add(DIFFERENTIAL)
  }
  return [...said]
}

/** The two checkers share no rule, so a fault in one of them shows where they differ. */
export const DIFFERENTIAL = 'A ≠ B'
