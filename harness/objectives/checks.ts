import { isDeepStrictEqual } from 'node:util'
import type { Entry, ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { inconclusive, type Judgement } from './objective.ts'

export type ChecksSpec = Extract<ObjectiveSpec, { kind: 'checks' }>

/** All of these facts are seen as expected. The body of the scenario records them by title. */
export function checks({
  id,
  all,
  source,
}: {
  readonly id: string
  readonly all: readonly string[]
  readonly source?: string
}): ChecksSpec {
  return { kind: 'checks', id, titles: all, ...(source === undefined ? {} : { source }) }
}

/** One fact as it was recorded, and whether it is what it should be. */
export type CheckSeen = {
  readonly title: string
  readonly source?: string
  readonly expected: unknown
  readonly observed: unknown
  readonly asExpected: boolean
}

export function checksSeen(entries: readonly Entry[]): readonly CheckSeen[] {
  return entries
    .filter((entry) => entry.kind === 'check')
    .map(({ data }) => ({ ...data, asExpected: isDeepStrictEqual(data.expected, data.observed) }))
}

export function judgeChecks(spec: ChecksSpec, record: RunRecord): Judgement {
  if (spec.titles.length === 0) return inconclusive('vacuous', 'there was nothing to check', 0)
  const seen = checksSeen(record.entries)
  // A fact that was looked at several times must be right each time.
  const wrong = seen.filter(({ title, asExpected }) => spec.titles.includes(title) && !asExpected)
  const missing = spec.titles.filter((title) => !seen.some((check) => check.title === title))
  const failed = new Set(wrong.map(({ title }) => title))
  const right = spec.titles.length - failed.size - missing.length
  const first = wrong[0]
  if (first !== undefined) {
    const expected = JSON.stringify(first.expected)
    const observed = JSON.stringify(first.observed) ?? 'nothing'
    const more = failed.size > 1 ? ` (and ${failed.size - 1} more)` : ''
    const because = `"${first.title}": expected ${expected}, observed ${observed}${more}`
    return { measured: right, verdict: 'missed', because }
  }
  if (missing.length > 0) {
    const because = `"${missing[0]}" was never looked at (${missing.length} of ${spec.titles.length})`
    return inconclusive('vacuous', because, right)
  }
  const because = `all ${spec.titles.length} facts were as expected`
  return { measured: right, verdict: 'met', because }
}
