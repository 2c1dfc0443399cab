import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatBracket, formatLimit } from './bracket.ts'
import { injectedFaults } from './fault-record.ts'
import { inconclusive, type Judgement } from './objective.ts'
import { proceduresSeen } from './procedures-seen.ts'
import { toMs } from './service-recovery.ts'

type RtoSpec = Extract<ObjectiveSpec, { kind: 'rto' }>

/**
 * From the first fault to the end of the last step that was performed after it: how long a repair
 * takes that no client waits for, such as a node replaced beside two that serve.
 */
export function judgeToLastStep({ limitMs, people }: RtoSpec, record: RunRecord): Judgement {
  const [fault] = injectedFaults(record.entries)
  if (fault === undefined) return inconclusive('vacuous', 'no fault was injected')
  const after = `after ${fault.name} of ${fault.target}`
  const steps = proceduresSeen(record.entries)
    .filter(({ form }) => form === 'corrected')
    .flatMap((procedure) => procedure.steps)
    .filter(({ startedMs }) => startedMs >= toMs(fault.issued))
  const last = steps.at(-1)
  if (last === undefined) return inconclusive('vacuous', `nothing was performed ${after}`)
  if (last.endedMs === null || last.outcome !== 'done') {
    const how = last.endedMs === null ? 'never ended' : `was ${last.outcome}`
    return inconclusive('undecided', `the last step, "${last.title}", ${how}`)
  }
  const declared =
    people === undefined ? 0 : steps.reduce((sum, step) => sum + (step.declaredHumanMs ?? 0), 0)
  const measured = {
    lo: last.endedMs - toMs(fault.proven) + declared,
    hi: last.endedMs - toMs(fault.issued) + declared,
  }
  const ofPeople =
    declared === 0 ? '' : `, of which ${formatDuration({ ms: declared })} declared for people`
  const took = `the last of ${steps.length} steps ended ${formatBracket(measured)} ${after}${ofPeople}, limit ${formatLimit(limitMs)}`
  if (measured.hi <= limitMs) return { measured, verdict: 'met', because: took }
  if (measured.lo > limitMs) return { measured, verdict: 'missed', because: took }
  return inconclusive('undecided', `${took}: the limit lies inside the interval`, measured)
}
