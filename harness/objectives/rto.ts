import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { isJudged } from '../journal/samples.ts'
import { type Duration, formatDuration } from '../lib/duration.ts'
import { formatBracket, formatLimit } from './bracket.ts'
import { type CountedSince, countedSince } from './counted-since.ts'
import { inconclusive, type Judgement } from './objective.ts'
import { DEFAULT_STABLE } from './recovery.ts'
import { judgeToLastStep } from './repair-time.ts'
import {
  healingRecoveries,
  type ServiceRecovery,
  serviceRecoveries,
  slowest,
} from './service-recovery.ts'

export type RtoSpec = Extract<ObjectiveSpec, { kind: 'rto' }>

/** The service is back within this time after the fault, for writes and for reads. */
export function rto({
  id = 'rto',
  within,
  since,
  people,
  until,
  source,
  holdDown = { ms: DEFAULT_STABLE.holdDownMs },
  stableCount = DEFAULT_STABLE.stableCount,
}: {
  readonly id?: string
  readonly within: Duration
  /**
   * Counts only what comes after another node leads, after the first step of a procedure, or
   * from each healing on: where the service may be out as long as the fault lasts.
   */
  readonly since?: NonNullable<RtoSpec['since']>
  /** Adds what the procedures declare for people, who were not waited for (RB:30). */
  readonly people?: NonNullable<RtoSpec['people']>
  /** `last-step`: how long the procedures take, where it is not the service that was lost. */
  readonly until?: NonNullable<RtoSpec['until']>
  /** Line of the document that demands it, such as `HLD:876`. */
  readonly source?: string
  readonly holdDown?: Duration
  readonly stableCount?: number
}): RtoSpec {
  return {
    kind: 'rto',
    id,
    limitMs: within.ms,
    stableCount,
    holdDownMs: holdDown.ms,
    ...(since === undefined ? {} : { since }),
    ...(people === undefined ? {} : { people }),
    ...(until === undefined ? {} : { until }),
    ...(source === undefined ? {} : { source }),
  }
}

/** Part of the limit from which a met objective is called "at risk": 58 s of 60 s. */
const AT_RISK = 0.95

/**
 * `hi ≤ limit` is met, `lo > limit` missed; what lies between is too coarse to decide.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function judgeRto(spec: RtoSpec, record: RunRecord): Judgement {
  if (spec.until === 'last-step') return judgeToLastStep(spec, record)
  for (const kind of ['write', 'read'] as const) {
    if (!record.lanes.some((lane) => isJudged(lane) && lane.info.kind === kind)) {
      return inconclusive('assumption', `no judged ${kind} lane was recorded`)
    }
  }
  if (spec.since === 'healing') {
    const longest = slowest(healingRecoveries(record, spec))
    if (longest === undefined) return inconclusive('vacuous', 'no fault was healed')
    return judgeRecovery(spec.limitMs, longest, spec.holdDownMs)
  }
  const longest = slowest(serviceRecoveries(record, spec))
  if (longest === undefined) return inconclusive('vacuous', 'no fault was injected')
  return spec.since === undefined || longest.hiMs === null || longest.bad === 0
    ? judgeRecovery(spec.limitMs, longest, spec.holdDownMs, declaredMs(spec, record))
    : judgeSince(spec, longest, countedSince(spec.since, record, longest))
}

/** To the first good answers: what comes after them is not the doing of what is on trial. */
function judgeSince(
  { limitMs }: RtoSpec,
  { fault }: ServiceRecovery,
  counted: CountedSince | undefined,
): Judgement {
  if (counted === undefined) {
    return inconclusive('vacuous', `nothing to count from was seen after ${fault.name}`)
  }
  const { lo, hi, after } = counted
  const measured = { lo, hi }
  const took = `writes and reads were answered ${formatBracket(measured)} ${after}, limit ${formatLimit(limitMs)}`
  if (hi <= limitMs) return { measured, verdict: 'met', because: took }
  if (lo > limitMs) return { measured, verdict: 'missed', because: took }
  return inconclusive('undecided', `${took}: the limit lies inside the interval`, measured)
}

/** What the steps of all procedures declare for people together, in milliseconds. */
const declaredMs = ({ people }: RtoSpec, { entries }: RunRecord): number =>
  people === undefined
    ? 0
    : entries
        .filter((entry) => entry.kind === 'step.ended')
        .reduce((sum, { data }) => sum + (data.declaredHumanMs ?? 0), 0)

/** @param declared milliseconds that people are declared to need beside what was measured. */
export function judgeRecovery(
  limitMs: number,
  recovery: ServiceRecovery,
  holdDownMs: number,
  declared = 0,
): Judgement {
  const { fault } = recovery
  const loMs = recovery.loMs + declared
  const hiMs = recovery.hiMs === null ? null : recovery.hiMs + declared
  const measured = { lo: loMs, hi: hiMs }
  const limit = formatLimit(limitMs)
  const after = `after ${fault.name} of ${fault.target}`
  if (hiMs === null) {
    const slow = recovery.lanes.filter(({ state }) => state !== 'stable').map(({ lane }) => lane)
    const still = `${slow.join(' and ')} had no stable run ${after} when the record ended`
    const bound = `bad for at least ${formatDuration({ ms: loMs })}, limit ${limit}`
    if (loMs > limitMs) return { measured, verdict: 'missed', because: `${still}: ${bound}` }
    const holdDown = formatLimit(holdDownMs)
    return inconclusive(
      'undecided',
      `${still} (${holdDown} without a bad answer are needed): ${bound}`,
      measured,
    )
  }
  if (recovery.bad === 0) {
    const because = `no bad answer ${after}; what the probe cannot see is shorter than ${formatDuration({ ms: hiMs })}`
    return hiMs <= limitMs
      ? { measured, verdict: 'met', because }
      : inconclusive('undecided', because, measured)
  }
  const ofPeople =
    declared === 0 ? '' : `, of which ${formatDuration({ ms: declared })} declared for people`
  const took = `writes and reads were good again ${formatBracket(measured)} ${after}${ofPeople}, limit ${limit}`
  if (hiMs <= limitMs) {
    const atRisk = hiMs > AT_RISK * limitMs ? { atRisk: true } : {}
    return { measured, verdict: 'met', because: took, ...atRisk }
  }
  if (loMs > limitMs) return { measured, verdict: 'missed', because: took }
  return inconclusive('undecided', `${took}: the limit lies inside the interval`, measured)
}
