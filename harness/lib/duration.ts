/** A length of time. Its unit is in the type, so no caller has to guess. */
export type Duration = { readonly ms: number }

export const milliseconds = (n: number): Duration => ({ ms: n })
export const seconds = (n: number): Duration => ({ ms: n * 1000 })
export const minutes = (n: number): Duration => ({ ms: n * 60_000 })
export const hours = (n: number): Duration => ({ ms: n * 3_600_000 })

const MS_PER_UNIT: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Reads `500ms`, `5s`, `1.5m`, `4h`.
 * @throws {BadDuration} when the unit is missing or unknown: a bare number is ambiguous.
 */
export function parseDuration(text: string): Duration {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim())
  const perUnit = match?.[2] === undefined ? undefined : MS_PER_UNIT[match[2]]
  if (match?.[1] === undefined || perUnit === undefined) throw new BadDuration(text)
  return { ms: Number(match[1]) * perUnit }
}

export class BadDuration extends Error {
  override readonly name = 'BadDuration'
  constructor(text: string) {
    super(`"${text}" is not a duration; write a number and a unit, such as 500ms, 5s, 15m or 4h`)
  }
}

/** `{ ms: 1943 }` as people read it: `1.94 s`. */
export function formatDuration({ ms }: Duration): string {
  // The limits are where rounding would show a full unit of the smaller kind.
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const wholeSeconds = Math.round(ms / 1000)
  const rest = wholeSeconds % 60
  const wholeMinutes = (wholeSeconds - rest) / 60
  return rest === 0 ? `${wholeMinutes} min` : `${wholeMinutes} min ${rest} s`
}
