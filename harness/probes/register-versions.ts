import type { History, Op } from '../journal/history.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import type { Seed } from '../lib/seed.ts'

/** Which versions of the registers are read back. */

export type VersionOf = { readonly key: string; readonly version: number }

export type ListedRegister = {
  readonly key: string
  /** Latest version; 0: none. */
  readonly current: number
  readonly versions: readonly number[]
}

export type ChosenVersions = {
  readonly chosen: 'all' | 'doubtful'
  readonly versions: readonly VersionOf[]
}

/** So many are read in a few seconds. */
export const ALL_UP_TO = 3_000
const SAMPLE = 0.01
/** A change that went wrong makes the versions doubtful that were written so long before and after. */
const BEFORE_NS = 10_000 * NS_PER_MS
/** Its own deadline included. */
const AFTER_NS = 15_000 * NS_PER_MS

/**
 * All, unless there are too many. Then those that could be wrong: the latest of each register,
 * those that no acknowledged write owns, those written around a change that was refused or is
 * unknown; and a sample of the rest.
 */
export function versionsToRead(
  registers: readonly ListedRegister[],
  history: History,
  seed: Seed,
): ChosenVersions {
  const all = registers.flatMap(({ key, versions }) =>
    versions.map((version) => ({ key, version })),
  )
  if (all.length <= ALL_UP_TO) return { chosen: 'all', versions: all }
  const owners = ownersIn(history)
  const trouble = troubleIn(history)
  const latest = new Map(registers.map(({ key, current }) => [key, current]))
  const isDoubtful = ({ key, version }: VersionOf): boolean => {
    if (latest.get(key) === version) return true
    const owner = owners.get(key)?.get(version)
    if (owner === undefined) return true
    if (trouble.some(([from, to]) => owner.call <= to && owner.ret >= from)) return true
    return seed.fraction(`read-out/${key}/${version}`) < SAMPLE
  }
  return { chosen: 'doubtful', versions: all.filter(isDoubtful) }
}

/** The latest of each register. */
export const latestVersions = (registers: readonly ListedRegister[]): readonly VersionOf[] =>
  registers
    .filter(({ current }) => current > 0)
    .map(({ key, current }) => ({ key, version: current }))

function ownersIn({ ops }: History): ReadonlyMap<string, ReadonlyMap<number, Op>> {
  const owners = new Map<string, Map<number, Op>>()
  for (const op of ops) {
    if (op.f !== 'write' || op.out.t !== 'ack' || op.out.ver === undefined) continue
    const of = owners.get(op.key) ?? new Map<number, Op>()
    owners.set(op.key, of.set(op.out.ver, op))
  }
  return owners
}

/** Spans around changes that went wrong, joined where they meet: few, however many changes. */
function troubleIn({ ops }: History): readonly (readonly [from: number, to: number])[] {
  const spans: [from: number, to: number][] = []
  for (const { f, out, call } of ops) {
    if (f === 'read' || (out.t !== 'unknown' && out.t !== 'refused')) continue
    const last = spans.at(-1)
    if (last !== undefined && call - BEFORE_NS <= last[1]) last[1] = call + AFTER_NS
    else spans.push([call - BEFORE_NS, call + AFTER_NS])
  }
  return spans
}
