import type { RunRecord } from '../journal/read.ts'
import { formatDuration } from '../lib/duration.ts'
import { faultsOf } from './fault-record.ts'
import { type Gate, idsOf, vacuity } from './gate.ts'
import { enoughOperations, readOutComplete } from './operation-gates.ts'
import { readBackFindings } from './read-back-findings.ts'
import { type Sometimes, sometimesOf } from './sometimes.ts'
import { steadyState } from './steady.ts'

/** Was anything put to the test? */
export function vacuityGates(record: RunRecord): readonly Gate[] {
  const { objectives, probed } = record.frozen
  const gates: Gate[] = []
  if (faultsOf(record.entries).length > 0) gates.push(witnessed(record), residue(record))
  const measured = idsOf(objectives, 'rto', 'no-outage', 'rpo')
  if (probed && measured.length > 0) gates.push(enoughSamples(record, measured))
  const counted = idsOf(objectives, 'rpo')
  if (probed && counted.length > 0) gates.push(readBackComplete(record, counted))
  const consistent = idsOf(objectives, 'consistency')
  if (consistent.length > 0) {
    gates.push(enoughOperations(record, consistent), readOutComplete(record, consistent))
  }
  const observed = sometimesOf(record)
  if (observed.length > 0) gates.push(mustObserve(observed))
  return gates
}

function witnessed({ entries }: RunRecord): Gate {
  const faults = faultsOf(entries)
  const bad = faults.find(({ issued, witness }) => issued === undefined || witness === undefined)
  if (bad === undefined) {
    const seen = faults.map(({ name, target, witness }) => `${name} of ${target}: ${witness}`)
    return vacuity('fault-witnessed', [], true, seen.join('; '))
  }
  const what = `${bad.name} of ${bad.target}`
  const reason =
    bad.issued === undefined
      ? `${what} was planned and never injected`
      : `nobody but its injector saw ${what}; last seen: ${bad.unseen ?? 'nothing'}`
  return vacuity('fault-witnessed', [], false, reason)
}

function residue({ entries }: RunRecord): Gate {
  for (const { name, target, final, healedAt, residue: left, stuck } of faultsOf(entries)) {
    const what = `${name} of ${target}`
    if (stuck !== undefined) return vacuity('residue', [], false, `${what} is stuck: ${stuck}`)
    if (left.length > 0) {
      return vacuity('residue', [], false, `${what} left behind: ${left.join(', ')}`)
    }
    if (healedAt === undefined && !final) {
      return vacuity('residue', [], false, `${what} was never healed`)
    }
  }
  return vacuity('residue', [], true, 'nothing is left of the faults')
}

const STEADY_MIN_MS = 5000
const SUCCESS_MIN = 0.999
const RATE_MIN = 0.8

function enoughSamples(record: RunRecord, guards: readonly string[]): Gate {
  const id = 'enough-samples'
  const steady = steadyState(record)
  if (steady === undefined) {
    return vacuity(id, guards, false, 'there was no steady period before the fault')
  }
  const length = formatDuration({ ms: steady.ms })
  if (steady.ms < STEADY_MIN_MS) {
    const reason = `only ${length} of steady load before the fault, 5 s are needed`
    return vacuity(id, guards, false, reason)
  }
  const share = (n: number, of: number): string => `${((100 * n) / Math.max(1, of)).toFixed(1)} %`
  const told = steady.lanes.map(
    ({ lane, scheduled, sent, good }) =>
      `${lane} ${share(sent, scheduled)} of its rate and ${share(good, sent)} good`,
  )
  const held =
    steady.lanes.length > 0 &&
    steady.lanes.every(
      ({ scheduled, sent, good }) =>
        sent >= RATE_MIN * scheduled && good >= SUCCESS_MIN * sent && sent > 0,
    )
  return vacuity(id, guards, held, `in ${length} before the fault: ${told.join(', ')}`)
}

function readBackComplete(record: RunRecord, guards: readonly string[]): Gate {
  const found = readBackFindings(record)
  const gaps = found?.gaps ?? ['there is no ledger of writes']
  const where = record.frozen.standbyReads === 'forwarded' ? ', each as leader' : ''
  const whole = `every acknowledged write was read through the balancer and on ${record.frozen.nodes.length} nodes${where}`
  return vacuity('read-back-complete', guards, gaps.length === 0, gaps.join('; ') || whole)
}

function mustObserve(observed: readonly Sometimes[]): Gate {
  const missing = observed.filter(({ seen }) => !seen)
  const reason =
    missing.length === 0
      ? observed.map(({ says }) => says).join('; ')
      : `never seen: ${missing.map(({ id, says }) => `${says} (${id})`).join('; ')}`
  return vacuity('must-observe', [], missing.length === 0, reason)
}
