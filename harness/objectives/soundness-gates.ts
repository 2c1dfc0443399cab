import type { RunRecord } from '../journal/read.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { percentile } from '../lib/percentile.ts'
import { consistencyFindings } from './consistency.ts'
import { injectedFaults } from './fault-record.ts'
import { freshLaneAgrees } from './fresh-lane.ts'
import { type Gate, idsOf, sound } from './gate.ts'
import { hostGate } from './host-idle.ts'
import { startOf } from './phase-span.ts'
import { probeCoverage } from './probe-coverage.ts'
import type { StableRule } from './recovery.ts'
import { stampOutOfTime } from './stamps.ts'

/** Is the measurement itself right? Each gate is derived from the files alone. */
export function soundnessGates(record: RunRecord, rule: StableRule): readonly Gate[] {
  const { objectives, probed } = record.frozen
  const timed = idsOf(objectives, 'rto', 'no-outage')
  const gates = [chains(record), recorder(record)]
  const placed = [...timed, ...idsOf(objectives, 'slo')]
  if (placed.length > 0) gates.push(clocks(record, placed))
  if (timed.length > 0) {
    gates.push(coverage(record, rule, timed))
    gates.push(calibration(record, timed), eventLoop(record, timed), ...host(record, timed))
    if (injectedFaults(record.entries).length > 0) gates.push(freshLane(record, rule, timed))
  }
  const counted = idsOf(objectives, 'rpo', 'consistency')
  if (probed && counted.length > 0) gates.push(otherProcess(record, counted))
  const consistent = idsOf(objectives, 'consistency')
  if (consistent.length > 0) gates.push(checkersAgree(record, consistent))
  return gates
}

function chains({ damage, seals }: RunRecord): Gate {
  const first = damage[0]
  const held = first === undefined
  return sound(
    'chains',
    [],
    held,
    first?.message ?? `${seals.length} files are as they were written`,
  )
}

/**
 * A file that nobody closed may lack its tail: the process that wrote it died. A client that did
 * two things at once is a fault of the recorder, never of the product.
 */
function recorder({ unsealed, frozen, ledger, lanes, history }: RunRecord): Gate {
  const missing = frozen.probed && (ledger === undefined || lanes.length === 0)
  const disorder = history?.disorder ?? []
  const reason = missing
    ? 'the probe left no samples or no ledger'
    : unsealed.length > 0
      ? `${unsealed.join(', ')} was never closed, so its end may be missing`
      : (disorder[0] ?? 'every file was closed by the process that wrote it')
  const held = !missing && unsealed.length === 0 && disorder.length === 0
  return sound('recorder', [], held, reason)
}

const CLOCK_MOVED_MAX_MS = 25

function clocks(record: RunRecord, guards: readonly string[]): Gate {
  const astray = stampOutOfTime(record)
  if (astray !== undefined) return sound('clocks', guards, false, astray)
  const offsets = record.entries
    .filter((entry) => entry.kind === 'clock')
    .map(({ data }) => data.wallMs - data.t / NS_PER_MS)
  if (offsets.length < 2) {
    return sound(
      'clocks',
      guards,
      false,
      `wall clock and run clock were compared ${offsets.length} times, not twice`,
    )
  }
  const movedMs = Math.max(...offsets) - Math.min(...offsets)
  const reason = `wall clock and run clock moved ${movedMs.toFixed(1)} ms apart, allowed are ${CLOCK_MOVED_MAX_MS} ms`
  return sound('clocks', guards, movedMs <= CLOCK_MOVED_MAX_MS, reason)
}

function coverage(record: RunRecord, rule: StableRule, guards: readonly string[]): Gate {
  const from = startOf(record.entries, 'body') ?? 0
  const to = startOf(record.entries, 'read-back') ?? Number.POSITIVE_INFINITY
  const lanes = probeCoverage(record, rule, { from, to })
  const told = lanes.map(({ lane, scheduled, onTime, widestGapMs }) => {
    return `${lane} sent ${onTime} of ${scheduled} slots on time, widest gap ${widestGapMs} ms`
  })
  const held = lanes.length > 0 && lanes.every((lane) => lane.sound)
  return sound('probe-coverage', guards, held, told.join('; ') || 'there is no judged lane')
}

/** Of records with so few the worst counts: 95 % of twelve are all of them. */
const FLIPS_MIN = 12
const CALIBRATION_MAX_MS = 15
/** One hiccup of the host in twenty outages is not the probe's error; two are. */
const CALIBRATION_PERCENTILE = 95

function calibration({ entries }: RunRecord, guards: readonly string[]): Gate {
  const errors = entries
    .filter((entry) => entry.kind === 'calibration')
    .flatMap(({ data }) => data.errorsMs)
  if (errors.length < FLIPS_MIN) {
    const reason = `the probe was tried on ${errors.length} known outages, ${FLIPS_MIN} are needed`
    return sound('calibration', guards, false, reason)
  }
  const worst = percentile(errors.map(Math.abs), CALIBRATION_PERCENTILE)
  const counted = Math.ceil((CALIBRATION_PERCENTILE / 100) * errors.length)
  const outages = counted < errors.length ? `${counted} of ${errors.length}` : errors.length
  const reason = `worst error ${worst.toFixed(1)} ms in ${outages} known outages, allowed are ${CALIBRATION_MAX_MS} ms`
  return sound('calibration', guards, worst <= CALIBRATION_MAX_MS, reason)
}

const LOOP_DELAY_MAX_MS = 25
/** Nine seconds of ten: what a single bad second cost is seen exactly by `probe-coverage`. */
const LOOP_PERCENTILE = 90

function eventLoop({ usage }: RunRecord, guards: readonly string[]): Gate {
  if (usage.length === 0) {
    return sound('probe-process', guards, false, 'the probe recorded nothing about itself')
  }
  const delays = usage.map(({ loopDelayP99Ms }) => loopDelayP99Ms)
  const typical = percentile(delays, LOOP_PERCENTILE)
  const reason = `event-loop delay p99 below ${typical.toFixed(1)} ms in ${LOOP_PERCENTILE} % of the seconds, allowed are ${LOOP_DELAY_MAX_MS} ms`
  return sound('probe-process', guards, typical < LOOP_DELAY_MAX_MS, reason)
}

/**
 * A host without a free CPU delays servers, balancer and lanes alike, and what it adds would be
 * counted as the product's. Records of before this was measured have no such gate.
 */
function host({ usage, entries }: RunRecord, guards: readonly string[]): readonly Gate[] {
  const from = startOf(entries, 'body') ?? 0
  const to = startOf(entries, 'read-back') ?? Number.POSITIVE_INFINITY
  const idle = usage.flatMap(({ t, hostIdle }) =>
    hostIdle === undefined || t < from || t > to ? [] : [hostIdle],
  )
  return hostGate(idle, guards)
}

function freshLane(record: RunRecord, rule: StableRule, guards: readonly string[]): Gate {
  const { held, reason } = freshLaneAgrees(record, rule)
  return sound('fresh-lane', guards, held, reason)
}

function otherProcess({ passes, probePid, history }: RunRecord, guards: readonly string[]): Gate {
  const id = 'fresh-reader'
  if (passes.length === 0) return sound(id, guards, true, 'nothing was read back')
  if (probePid === undefined) {
    return sound(id, guards, false, 'the probe did not record its process id')
  }
  const writers = [probePid, ...(history === undefined ? [] : [history.pid])]
  const same = passes.find(({ pid }) => writers.includes(pid))
  return sound(
    id,
    guards,
    same === undefined,
    same === undefined
      ? 'the writes were read back by another process than the one that wrote them'
      : `the process that wrote also read back (pid ${same.pid})`,
  )
}

/** Two checkers that share no code: where they differ, one of them is wrong and nobody knows which. */
function checkersAgree(record: RunRecord, guards: readonly string[]): Gate {
  const found = consistencyFindings(record)
  const id = 'checkers-agree'
  if (found === undefined) return sound(id, guards, true, 'there was no history to check')
  const [first] = found.disagreements
  const reason =
    first === undefined
      ? `two checkers say the same of ${found.keys} registers`
      : `${found.disagreements.length} registers on which the checkers differ: ${first}`
  return sound(id, guards, first === undefined, reason)
}
