import type { ChainWriter } from '../journal/chain.ts'
import type { WriteData, WriteOutcome } from '../journal/entry.ts'
import type { Headers } from '../lib/http.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Question } from './lane.ts'
import { readResult, writeOutcome } from './outcome.ts'
import { dataPath, isIntact, numberedValue } from './value.ts'

/**
 * The write lane is the ledger: each attempt has a number and a path of its own, and `cas: 0`
 * keeps it from ever being applied twice. Its line is on disk before a byte is sent.
 */
export function numberedWrites(
  ledger: ChainWriter,
  {
    prefix,
    via,
    headers,
    onOutcome,
  }: {
    prefix: string
    via: string
    headers: Headers
    onOutcome: (outcome: WriteOutcome | 'sent') => void
  },
): Question {
  let written = 0
  return {
    ask: () => {
      const n = ++written
      const path = dataPath(`${prefix}/${n}`)
      const value = numberedValue(path, n)
      const sent: WriteData['sent'] = { n, path, hash: value.sha, via }
      ledger.append('sent', sent)
      onOutcome('sent')
      const body = JSON.stringify({ data: value, options: { cas: 0 } })
      return { method: 'POST', path, headers, body, n }
    },
    judge: (seen, { n = 0, call, ret }) => {
      const result = writeOutcome(seen)
      const answer: WriteData['answer'] = { n, ...result, call, ret }
      ledger.append('answer', answer)
      onOutcome(result.outcome)
      const { outcome, version: _version, ...rest } = result
      return { ok: outcome === 'acknowledged', ...rest }
    },
  }
}

/** Reads one secret that never changes; good only when the content is right. */
export function canaryReads(
  { path, hash }: { readonly path: string; readonly hash: string },
  headers: Headers,
): Question {
  return {
    ask: () => ({ method: 'GET', path, headers }),
    judge: (seen) => {
      const status = seen instanceof RequestFailed ? {} : { status: seen.status }
      const result = readResult(seen)
      if (result.seen === 'value') {
        return isIntact(result.value, hash)
          ? { ok: true, ...status }
          : { ok: false, ...status, why: 'the content is another' }
      }
      const why = 'why' in result ? result.why : `the canary is ${result.seen}`
      return { ok: false, ...status, why }
    },
  }
}

/** Any answer is a good one: the status says what the node thinks that it is. */
export function healthChecks(): Question {
  return {
    ask: () => ({ method: 'GET', path: '/v1/sys/health' }),
    judge: (seen) =>
      seen instanceof RequestFailed
        ? { ok: false, why: `${seen.code} ${seen.sent ? 'after' : 'before'} sending` }
        : { ok: true, status: seen.status },
  }
}
