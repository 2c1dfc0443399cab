import type { OperationOutcome } from '../journal/operation.ts'
import { isCasMismatch, readResult, type Seen, writeOutcome } from './outcome.ts'
import { readNumberedValue } from './value.ts'

/** What one answer proves about a register, as the history has it. */

/** @param cas whether the write was a conditional one. */
export function registerWritten(seen: Seen, { cas }: { readonly cas: boolean }): OperationOutcome {
  if (cas && isCasMismatch(seen)) return { t: 'casfail' }
  const { outcome, version, why = 'no reason was given' } = writeOutcome(seen)
  if (outcome === 'acknowledged' && version !== undefined) return { t: 'ack', ver: version }
  return { t: outcome === 'refused' ? 'refused' : 'unknown', why }
}

/** A soft delete of the latest version; the answer does not say which that was. */
export function registerDeleted(seen: Seen): OperationOutcome {
  const { outcome, why = 'no reason was given' } = writeOutcome(seen, { operation: 'change' })
  if (outcome === 'acknowledged') return { t: 'ack' }
  return { t: outcome === 'refused' ? 'refused' : 'unknown', why }
}

/** @param path of the register in the API, which its values carry. */
export function registerRead(seen: Seen, path: string): OperationOutcome {
  const result = readResult(seen)
  switch (result.seen) {
    case 'value': {
      const { op, why } = readNumberedValue(result.value, path)
      if (why !== undefined) return { t: 'corrupt', why: `version ${result.version}: ${why}` }
      return { t: 'ack', ver: result.version, val: op }
    }
    case 'deleted':
      return { t: 'ack', ver: result.version, deleted: true }
    case 'absent':
      return { t: 'ack', val: null }
    case 'damaged':
      return { t: 'corrupt', why: result.why }
    case 'nothing':
      return { t: 'unknown', why: result.why }
  }
}
