/**
 * What an answer is worth beyond its status: k6 calls every 200 good, and every 503 the same.
 * Nothing of k6 is imported here, so this is tested without it.
 */

/** Why a call failed, where its status does not say it all. */
export type Why =
  /** Answered as if all were well, and not what was asked for. */
  | 'wrong'
  | 'sealed'
  | 'no-leader'
  /** No JSON, so of something in between: no server said it. */
  | 'not-vault'

export type Wanted = {
  /** The only status that counts as done. */
  readonly status: number
  /** Stands in every good answer. Searched for, not parsed: that costs a load a few microseconds. */
  readonly holds?: string
}

/** In the words of `http/handler.go` of both products (Vault 1.21.0, OpenBao 2.6.2). */
const SAID: readonly (readonly [string, Why])[] = [
  ['Vault is sealed', 'sealed'],
  ['local node not active but active cluster node not found', 'no-leader'],
  ['no active Vault instance found', 'no-leader'],
]

/** As tags: whether the call did what it should, and if not why, where that can be told. */
export function tagsOf(
  answer: { readonly status: number; readonly body: unknown },
  { status, holds }: Wanted,
): { readonly ok: 'true' | 'false'; readonly why?: Why } {
  const body = typeof answer.body === 'string' ? answer.body : ''
  if (answer.status === status) {
    return holds === undefined || body.includes(holds)
      ? { ok: 'true' }
      : { ok: 'false', why: 'wrong' }
  }
  if (answer.status < 500) return { ok: 'false' }
  const said = SAID.find(([text]) => body.includes(text))
  if (said !== undefined) return { ok: 'false', why: said[1] }
  return body.trimStart().startsWith('{') ? { ok: 'false' } : { ok: 'false', why: 'not-vault' }
}
