import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { inconclusive, type Judgement } from './objective.ts'
import { type ReadBackFindings, readBackFindings } from './read-back-findings.ts'

export type RpoSpec = Extract<ObjectiveSpec, { kind: 'rpo' }>

/** At most this many acknowledged writes are lost. */
export function rpo({
  id = 'rpo',
  lostWrites,
  source,
}: {
  readonly id?: string
  readonly lostWrites: number
  readonly source?: string
}): RpoSpec {
  return { kind: 'rpo', id, lostWrites, ...(source === undefined ? {} : { source }) }
}

/**
 * Lost = acknowledged, and in any pass of the read-back not there or not intact. Beside the
 * count, whatever contradicts the answers is a miss: a refused write that is there, a write
 * applied twice, content that is not what was written.
 * @see docs: correctness.md, sections 7 and 8.1
 */
export function judgeRpo(spec: RpoSpec, record: RunRecord): Judgement {
  const found = readBackFindings(record)
  if (found === undefined) return inconclusive('vacuous', 'there is no ledger of writes')
  const lost = found.lost.length
  if (lost > spec.lostWrites) return missed(lost, lostSentence(found))
  if (found.corrupt.length > 0) {
    const first = found.corrupt[0]
    const where = `write ${first?.n} (${first?.path}) on ${first?.nodes.join(', ')}`
    return missed(lost, `${found.corrupt.length} writes are not intact, the first is ${where}`)
  }
  if (found.ghosts.length > 0) {
    const first = found.ghosts[0]
    const where = `write ${first?.n} (${first?.path}) on ${first?.nodes.join(', ')}`
    return missed(lost, `${found.ghosts.length} refused writes are there, the first is ${where}`)
  }
  if (found.duplicated.length > 0) {
    const first = found.duplicated[0]
    const what = `write ${first?.n} (${first?.path}) has version ${first?.version}`
    return missed(lost, `${found.duplicated.length} writes were applied twice: ${what}`)
  }
  if (record.passes.length === 0) {
    return inconclusive('vacuous', 'nobody read the writes back')
  }
  if (found.acknowledged === 0) return inconclusive('vacuous', 'no write was acknowledged', 0)
  return { measured: lost, verdict: 'met', because: lostSentence(found) }
}

const missed = (measured: number, because: string): Judgement => ({
  measured,
  verdict: 'missed',
  because,
})

function lostSentence({ lost, acknowledged, unknown, recoveredUnknown }: ReadBackFindings): string {
  const first = lost[0]
  if (first === undefined) {
    const open =
      unknown === 0 ? '' : `; ${recoveredUnknown} of ${unknown} unanswered writes were applied`
    return `0 of ${acknowledged} acknowledged writes lost${open}`
  }
  const where = `write ${first.n} (${first.path}), ${first.state} on ${first.nodes.join(', ')}`
  return `${lost.length} of ${acknowledged} acknowledged writes lost, the first is ${where}`
}
