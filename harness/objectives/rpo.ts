import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Duration } from '../lib/duration.ts'
import { formatBracket, formatLimit } from './bracket.ts'
import { audible, type DetectorId, type Finding, NONE_OFF, type Off } from './detections.ts'
import { type LossWindow, lossWindow } from './loss-window.ts'
import { inconclusive, type Judgement, missedBy } from './objective.ts'
import { type OddWrite, type ReadBackFindings, readBackFindings } from './read-back-findings.ts'

export type RpoSpec = Extract<ObjectiveSpec, { kind: 'rpo' }>

/**
 * At most this many acknowledged writes are lost; with `within`, none that is older than this
 * before the fault. Where only the time counts, `lostWrites` may be left out.
 */
export function rpo({
  id = 'rpo',
  lostWrites,
  within,
  source,
}: {
  readonly id?: string
  readonly source?: string
} & (
  | { readonly lostWrites: number; readonly within?: Duration }
  | { readonly lostWrites?: number; readonly within: Duration }
)): RpoSpec {
  return {
    kind: 'rpo',
    id,
    lostWrites: lostWrites ?? Number.MAX_SAFE_INTEGER,
    ...(within === undefined ? {} : { windowMs: within.ms }),
    ...(source === undefined ? {} : { source }),
  }
}

/**
 * Lost = acknowledged, and in any pass of the read-back not there or not intact. Beside count
 * and window, whatever contradicts the answers is a miss: a hole among what survived, a refused
 * write that is there, a write applied twice, content that is not what was written.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function judgeRpo(spec: RpoSpec, record: RunRecord, off: Off = NONE_OFF): Judgement {
  const found = readBackFindings(record)
  if (found === undefined) return inconclusive('vacuous', 'there is no ledger of writes')
  const lost = found.lost.length
  const window = lossWindow(record)
  const measured =
    spec.windowMs === undefined || window === undefined ? lost : { lo: window.lo, hi: window.hi }
  const findings = findingsOf(spec, found, window)
  const writesLost = audible(findings, off).some(({ id }) => LOSSES.includes(id))
  const judgement = missedBy(findings, off, measured, () => {
    if (record.passes.length === 0) return inconclusive('vacuous', 'nobody read the writes back')
    if (found.acknowledged === 0) return inconclusive('vacuous', 'no write was acknowledged', 0)
    const told = `${lostSentence(found)}${windowSentence(spec, window)}`
    const tooLong = window !== undefined && spec.windowMs !== undefined && window.hi > spec.windowMs
    if (lost > 0 && tooLong && !off.has('rpo-window')) {
      return inconclusive('undecided', `${told}: the limit lies inside the interval`, measured)
    }
    return { measured, verdict: 'met', because: told }
  })
  return writesLost ? { ...judgement, writesLost } : judgement
}

const LOSSES: readonly DetectorId[] = ['lost-write', 'rpo-window', 'inconsistent-cut']

function findingsOf(
  { lostWrites, windowMs }: RpoSpec,
  found: ReadBackFindings,
  window: LossWindow | undefined,
): readonly Finding[] {
  const { lost, corrupt, ghosts, duplicated } = found
  const findings: Finding[] = []
  const say = (id: DetectorId, because: string) => findings.push({ id, because })
  if (lost.length > lostWrites) say('lost-write', lostSentence(found))
  if (lost.length > 0 && window?.cut === 'inconsistent') {
    say('inconsistent-cut', `${lostSentence(found)}, and a later one survived`)
  }
  if (lost.length > 0 && windowMs !== undefined) {
    if (window === undefined) say('rpo-window', `${lostSentence(found)}, and no fault explains it`)
    else if (window.lo > windowMs) {
      const reach = `it reaches back ${formatBracket(window)} before the fault`
      say('rpo-window', `${lostSentence(found)}; ${reach}, limit ${formatLimit(windowMs)}`)
    }
  }
  const first = ({ n, path, nodes }: OddWrite): string =>
    `write ${n} (${path}) on ${nodes.join(', ')}`
  if (corrupt[0] !== undefined) {
    const where = first(corrupt[0])
    say('corrupt', `${corrupt.length} writes are not intact, the first is ${where}`)
  }
  if (ghosts[0] !== undefined) {
    say('ghost', `${ghosts.length} refused writes are there, the first is ${first(ghosts[0])}`)
  }
  if (duplicated[0] !== undefined) {
    const { n, path, version } = duplicated[0]
    const what = `write ${n} (${path}) has version ${version}`
    say('duplicate', `${duplicated.length} writes were applied twice: ${what}`)
  }
  return findings
}

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

function windowSentence({ windowMs }: RpoSpec, window: LossWindow | undefined): string {
  if (windowMs === undefined || window === undefined) return ''
  const limit = formatLimit(windowMs)
  return window.hi === 0
    ? `; nothing is missing from before the fault, limit ${limit}`
    : `; the loss reaches back ${formatBracket(window)} before the fault, limit ${limit}`
}
