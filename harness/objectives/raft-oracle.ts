import type { RunRecord } from '../journal/read.ts'
import { firstSentFrom, isGood, isJudged, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatBracket } from './bracket.ts'
import type { InjectedFault } from './fault-record.ts'
import { type Gate, idsOf } from './gate.ts'
import { healthLanes } from './leadership.ts'
import type { Interval } from './objective.ts'
import { recoveryPhases } from './phases.ts'
import { type Expected, electionWaits, settledAgeMs } from './raft-model.ts'
import type { StableRule } from './recovery.ts'
import { type ServiceRecovery, serviceRecoveries } from './service-recovery.ts'

/** One crash of a leader held against what Raft's timers allow. */
export type OracleReading = {
  /** Id of the fault. */
  readonly fault: string
  readonly target: string
  readonly heartbeatMs: number
  /** Age of the survivors' youngest process when the fault was issued; `null`: not recorded. */
  readonly youngestMs: number | null
  /** `young`: a survivor may still have had tripled timeouts. */
  readonly class: 'settled' | 'young' | 'unknown'
  /** The model's quantiles plus `allowance`, in milliseconds. */
  readonly expected: Expected
  /** What follows the moment in which both survivors have lost patience. */
  readonly allowance: {
    /** Election and post-unseal: a measured constant of the product. */
    readonly postUnsealMs: number
    /** From the new leader's first 200 to the first good answer of the stable run, as it was. */
    readonly balancerMs: number
  }
  readonly measured: Interval
  /** Share of the model's draws that were not longer, 0…1; `null` without a recovery. */
  readonly position: number | null
  /** Measured by the model's median. */
  readonly ratio: number | null
  readonly pace: 'too fast' | 'as expected' | 'slow'
  readonly because: string
}

/**
 * From the second survivor's "heartbeat timeout reached" to `sys/health` 200 by the nodes' own
 * logs: OpenBao 66 to 562 ms (n = 32), Vault 78 to 585 ms (n = 12). Multiplier 5 changes nothing.
 */
const POST_UNSEAL_MS: Readonly<Record<string, number>> = { openbao: 110, vault: 150 }
const POST_UNSEAL_OTHERWISE_MS = 110

/**
 * Readings of every kill that hit the leader of a service in order. A step-down and a SIGTERM
 * hand the leadership over and are another class; a leader that is killed while the service is
 * already bad recovers by a clock that another fault started.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export function oracleReadings(record: RunRecord, rule: StableRule): readonly OracleReading[] {
  const heartbeatMs = 1000 * record.frozen.multiplier
  return serviceRecoveries(record, rule).flatMap((recovery) => {
    const { fault } = recovery
    const isCrash =
      fault.name === 'kill' &&
      wasLeading(record, fault.target, fault.issued) &&
      wasGood(record, fault.issued, heartbeatMs) &&
      canElect(record, fault)
    return isCrash ? [reading(record, recovery, heartbeatMs)] : []
  })
}

/** A "crash" that is over before Raft can have noticed it was none: nothing was put to the test. */
export function oracleGate(record: RunRecord, rule: StableRule): readonly Gate[] {
  const readings = oracleReadings(record, rule)
  if (readings.length === 0) return []
  const early = readings.find(({ pace }) => pace === 'too fast')
  const reason = early?.because ?? readings.map(({ because }) => because).join('; ')
  const guards = idsOf(record.frozen.objectives, 'rto')
  return [{ id: 'raft-oracle', kind: 'vacuity', guards, held: early === undefined, reason }]
}

function reading(record: RunRecord, recovery: ServiceRecovery, heartbeatMs: number): OracleReading {
  const { fault, loMs, hiMs } = recovery
  const ages = survivorAges(record, fault)
  const youngestMs = ages === undefined ? null : Math.min(...ages)
  const kind = classOf(youngestMs, heartbeatMs)
  const allowance = {
    postUnsealMs: POST_UNSEAL_MS[record.frozen.product] ?? POST_UNSEAL_OTHERWISE_MS,
    balancerMs: balancerShare(record, recovery),
  }
  const allowedMs = allowance.postUnsealMs + allowance.balancerMs
  const { nodes } = record.frozen
  const settled = nodes.slice(1).map(() => undefined)
  const waits = electionWaits(heartbeatMs, ages ?? settled, nodes.length)
  const { min, p50, p90, p99 } = waits.expected
  const expected = {
    min: min + allowedMs,
    p50: p50 + allowedMs,
    p90: p90 + allowedMs,
    p99: p99 + allowedMs,
  }
  const measured = { lo: loMs, hi: hiMs }
  // The smallest time is held against Raft alone: no allowance may make a real crash too fast.
  const pace =
    hiMs !== null && hiMs < min
      ? 'too fast'
      : loMs > expected.p99 + FAILED_ROUND * heartbeatMs
        ? 'slow'
        : 'as expected'
  const told = `${fault.target} was replaced after ${formatBracket(measured)}`
  const says = {
    'too fast': `${told}, sooner than a survivor can miss a leader that died (${short(min)}): no leader crashed`,
    'as expected': `${told}, Raft's timers give ${short(expected.p50)} (99 %: ${short(expected.p99)})${
      hiMs !== null && hiMs > expected.p99 ? ', and a failed election more explains it' : ''
    }`,
    slow: `${told}, long after what Raft's timers give (99 %: ${short(expected.p99)})`,
  }[pace]
  const { balancerMs } = allowance
  const late = balancerMs > heartbeatMs ? `, ${short(balancerMs)} of it after another node led` : ''
  const about = {
    settled: '',
    young: `, a survivor being ${short(youngestMs ?? 0)} old and perhaps still tripling its timeouts`,
    unknown: ', the age of the survivors not being recorded',
  }[kind]
  return {
    fault: fault.id,
    target: fault.target,
    heartbeatMs,
    youngestMs,
    class: kind,
    expected,
    allowance,
    measured,
    position: hiMs === null ? null : waits.shareUpTo(hiMs - allowedMs),
    ratio: hiMs === null ? null : Math.round((1000 * hiMs) / expected.p50) / 1000,
    pace,
    because: `${says}${late}${about}`,
  }
}

/**
 * An election that fails costs one or two timeouts more; slower than that is no bad luck. Under
 * writes it is common: when the last entry reached one survivor only, the other cannot win, and
 * the one that can waits for its election timeout.
 */
const FAILED_ROUND = 2

const short = (ms: number): string => formatDuration({ ms })

function classOf(youngestMs: number | null, heartbeatMs: number): OracleReading['class'] {
  if (youngestMs === null) return 'unknown'
  return youngestMs < settledAgeMs(heartbeatMs) ? 'young' : 'settled'
}

/** Without a majority nobody is elected, however long it takes until somebody mends that. */
function canElect(record: RunRecord, fault: InjectedFault): boolean {
  const ages = survivorAges(record, fault)
  return ages === undefined || 2 * ages.length > record.frozen.nodes.length
}

/** Ages of the other nodes' processes when the fault was issued; those that run. */
function survivorAges(
  { entries }: RunRecord,
  { id, target, issued }: InjectedFault,
): readonly number[] | undefined {
  const planned = entries.findIndex(
    (entry) => entry.kind === 'fault.planned' && entry.data.fault === id,
  )
  const seen = entries
    .slice(planned + 1)
    .find((entry) => entry.kind === 'node.processes' && entry.data.when === 'fault')
  if (planned < 0 || seen?.kind !== 'node.processes' || seen.t > issued) return undefined
  const ages = Object.entries(seen.data.nodes)
    .filter(([node, { pid }]) => node !== target && pid > 0)
    .map(([, { ageMs }]) => Math.round(ageMs + (issued - seen.t) / NS_PER_MS))
  return ages.length === 0 ? undefined : ages
}

/** Whether the node's own last word before that instant was that it leads. */
function wasLeading(record: RunRecord, node: string, at: Ns): boolean {
  const lane = healthLanes(record).find((each) => each.node === node)?.lane
  if (lane === undefined) return false
  for (let i = firstSentFrom(lane, at) - 1; i >= 0; i--) {
    if (retAt(lane, i) < at) return lane.status[i] === 200
  }
  return false
}

/** Whether the judged lanes were good for a heartbeat timeout before that instant. */
function wasGood(record: RunRecord, at: Ns, heartbeatMs: number): boolean {
  const from = at - heartbeatMs * NS_PER_MS
  return record.lanes.filter(isJudged).every((lane) => {
    for (let i = firstSentFrom(lane, from); i < lane.count && retAt(lane, i) < at; i++) {
      if (!isGood(lane, i)) return false
    }
    return true
  })
}

function balancerShare(record: RunRecord, recovery: ServiceRecovery): number {
  const phases = recoveryPhases(record, recovery)
  const elected = phases.find(({ name }) => name === 'elected')
  const end = phases.at(-1)
  return elected === undefined || end === undefined
    ? 0
    : Math.round(Math.max(0, end.endedMs - elected.endedMs))
}
