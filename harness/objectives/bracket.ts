import { formatDuration } from '../lib/duration.ts'
import type { Interval } from './objective.ts'

/** A limit without the zeros of a measurement: `5 s`, not `5.00 s`. */
export const formatLimit = (ms: number): string =>
  formatDuration({ ms }).replace(/\.0+(?= )|(?<=\.\d)0(?= )/, '')

/** `{ lo: 1890, hi: 1940 }` as people read it: `1.94 s (1.89–1.94)`; the first is what is judged. */
export function formatBracket({ lo, hi }: Interval): string {
  if (hi === null) return `more than ${formatDuration({ ms: lo })}`
  const upper = formatDuration({ ms: hi })
  const match = /^([\d.]+) (ms|s)$/.exec(upper)
  if (match === null) return `${upper} (from ${formatDuration({ ms: lo })})`
  const [, value, unit] = match
  const digits = value?.split('.')[1]?.length ?? 0
  const lower = (lo / (unit === 's' ? 1000 : 1)).toFixed(digits)
  return `${upper} (${lower}–${value})`
}
