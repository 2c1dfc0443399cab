/** How a request failed, from what k6 tags it with. A status stands for all of its family. */
export type FailureClass =
  | 'timeout'
  | 'refused'
  | 'reset'
  | 'tls'
  | 'network'
  /** A good status, and not what was asked for. */
  | 'wrong'
  /** What a server said with its 5xx, where it is known: it is sealed, or knows of no leader. */
  | 'sealed'
  | 'no-leader'
  /** A 5xx of something in between. */
  | 'not-vault'
  | '503'
  | '5xx'
  | '429'
  | '403'
  | '4xx'
  | '3xx'
  /** A good status that the script did not expect. */
  | 'other'

/** k6's own numbers: what it could not classify is 1000. */
const TIMEOUTS = ['1050', '1211']
const REFUSED = ['1212']
const RESETS = ['1220']

/** `undefined`: it was answered as it should be. */
export function failureOf(tags: Readonly<Record<string, string>>): FailureClass | undefined {
  const { status = '0', error_code: code = '', expected_response: expected } = tags
  if (expected === 'true' && code === '') return undefined
  const answered = Number(status)
  if (answered >= 500) return answered === 503 ? '503' : '5xx'
  if (answered === 429) return '429'
  if (answered === 403) return '403'
  if (answered >= 400) return '4xx'
  if (answered >= 300) return '3xx'
  if (TIMEOUTS.includes(code)) return 'timeout'
  if (REFUSED.includes(code)) return 'refused'
  if (RESETS.includes(code)) return 'reset'
  if (/^13\d\d$/.test(code)) return 'tls'
  return code === '' && answered > 0 ? 'other' : 'network'
}

/** What the script read in the answers of servers that failed (load/answer.ts). */
const TOLD: readonly FailureClass[] = ['sealed', 'no-leader', 'not-vault']

/** The same failure as the script tells it, which has seen what was answered. */
export const toldBy = (failure: FailureClass | undefined, why: string | undefined) =>
  failure === '503' || failure === '5xx' ? (TOLD.find((told) => told === why) ?? failure) : failure
