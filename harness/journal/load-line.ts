import type { RawLine } from './lines.ts'

/**
 * One line of k6's JSON output, as far as judging needs it. k6 writes some twelve lines for a
 * request; most are told apart by their first bytes and never parsed.
 */

export type LoadPoint = {
  readonly metric: string
  /** RFC 3339 with nanoseconds, of the wall clock: the end of what was measured. */
  readonly time: string
  readonly value: number
  readonly tags: Readonly<Record<string, string>>
}

/** What the line is: a metric of interest, another one, or nothing that k6 writes. */
export type LineKind =
  | 'request'
  | 'blocked'
  | 'call'
  | 'requests'
  | 'iterations'
  | 'dropped'
  | 'other'
  | 'garbage'

const BEGINS = Buffer.from('{"metric":"')
const DECLARES = Buffer.from('{"type":"Metric"')
const CLOSED = '}'.charCodeAt(0)

const METRICS = (
  [
    ['http_req_duration', 'request'],
    ['http_req_blocked', 'blocked'],
    ['call_duration', 'call'],
    ['http_reqs', 'requests'],
    ['iterations', 'iterations'],
    ['dropped_iterations', 'dropped'],
  ] as const
).map(([metric, kind]) => ({ kind, name: Buffer.from(`${metric}"`) }))

export function kindOf(line: RawLine): LineKind {
  if (!startsWith(line, BEGINS, 0)) return startsWith(line, DECLARES, 0) ? 'other' : 'garbage'
  if (line[line.length - 1] !== CLOSED) return 'garbage'
  const found = METRICS.find(({ name }) => startsWith(line, name, BEGINS.length))
  return found?.kind ?? 'other'
}

function startsWith(line: RawLine, what: Buffer, at: number): boolean {
  if (line.length < at + what.length) return false
  for (let i = 0; i < what.length; i++) if (line[at + i] !== what[i]) return false
  return true
}

/** `undefined` when it is no point with a time and a number. */
export function pointOf(line: RawLine): LoadPoint | undefined {
  try {
    const { metric, data } = JSON.parse(line.toString()) as {
      metric?: unknown
      data?: { time?: unknown; value?: unknown; tags?: unknown }
    }
    const { time, value } = data ?? {}
    const tags = (data?.tags ?? {}) as LoadPoint['tags']
    return typeof metric === 'string' &&
      typeof time === 'string' &&
      typeof value === 'number' &&
      typeof tags === 'object'
      ? { metric, time, value, tags }
      : undefined
  } catch {
    return undefined // counted by the caller
  }
}

/**
 * Milliseconds of the second and nanoseconds within it, because both together are more than a
 * double holds; `undefined` when it is no such time in UTC.
 */
export function wallTimeOf(
  time: string,
): { readonly secondMs: number; readonly ns: number } | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time)
  if (match === null) return undefined
  const secondMs = Date.parse(`${match[1]}${match[3]}`)
  if (Number.isNaN(secondMs)) return undefined
  return { secondMs, ns: Number((match[2] ?? '').padEnd(9, '0')) }
}
