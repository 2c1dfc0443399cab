import type { Entry } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { callAt, type LaneSamples, retAt } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import { concerns, effectiveFrom, faultsOf, injectedFaults } from './fault-record.ts'
import type { Gate } from './gate.ts'
import { healthLanes, leaderSightings } from './leadership.ts'
import { lastStartOf, startOf } from './phase-span.ts'
import { foreignStarts } from './process-starts.ts'
import { settledAgeMs } from './raft-model.ts'
import type { StableRule } from './recovery.ts'
import { type ServiceRecovery, serviceRecoveries } from './service-recovery.ts'

/**
 * Was all that happened to the cluster done by this run? A measurement of one fault is none when
 * somebody else breaks something beside it. Signs that no fault and no procedure of the journal
 * explains: a server's process that was started or ended, a node that fell silent, and a leader
 * that changed while nothing was going on. From the read-back on nothing counts: it stops nodes
 * and moves the leadership itself.
 */
export function undisturbedGate(record: RunRecord, rule: StableRule): readonly Gate[] {
  if (!record.frozen.probed || record.lanes.length === 0) return []
  const recoveries = serviceRecoveries(record, rule)
  const signs = [
    ...youngNodes(record),
    ...foreignStarts(record.entries),
    ...silentNodes(record, recoveries),
    ...foreignLeaders(record, recoveries),
  ]
  const reason = signs.join('; ') || 'nothing happened to a node that this run did not do'
  return [{ id: 'undisturbed', kind: 'soundness', guards: [], held: signs.length === 0, reason }]
}

/** A clean start is behind it; whoever is young now was started since. */
function youngNodes({ entries, frozen }: RunRecord): readonly string[] {
  const settled = entries.find(
    (entry) => entry.kind === 'node.processes' && entry.data.when === 'settled',
  )
  if (settled?.kind !== 'node.processes') return []
  const limitMs = settledAgeMs(1000 * frozen.multiplier)
  return Object.entries(settled.data.nodes)
    .filter(([, { ageMs }]) => ageMs < limitMs)
    .map(([node, { ageMs }]) => {
      return `${node} had run for only ${formatDuration({ ms: ageMs })} when the scenario began`
    })
}

/** Answers of a node in a row that a broken one gives: 150 ms at 20 Hz. */
const ROW = 3
/** A node that is alive answers within this time also on a busy host. */
const SILENCE_MS = 2000

/** What `sys/health` answers on a node that serves: leader, standby, performance standby. */
const SERVING = [200, 429, 473]
/** A standby of Vault says so of the leader that it cannot reach, not of itself. */
const WITHOUT_LEADER = 474

function silentNodes(record: RunRecord, recoveries: readonly ServiceRecovery[]): readonly string[] {
  const { entries } = record
  const healed = Math.max(0, ...faultsOf(entries).map(({ healedAt }) => healedAt ?? 0))
  const quiet = quietSpans(record, recoveries).map(({ from, to, isAfter }) => {
    return { from: isAfter ? Math.max(from, healed) : from, to }
  })
  const from = lastStartOf(entries, 'steady') ?? startOf(entries, 'body') ?? 0
  const until = startOf(entries, 'read-back') ?? Number.POSITIVE_INFINITY
  const recovering = recoveries.map(({ fault, lanes }) => ({
    from: fault.issued,
    to: Math.max(...lanes.map(({ stableAt }) => stableAt ?? Number.POSITIVE_INFINITY)),
  }))
  return healthLanes(record).flatMap(({ node, lane }) => {
    const to = Math.min(until, namedFrom(entries, node))
    const found = outOfOrder(lane, { from, to }, { recovering, quiet })
    return found === undefined ? [] : [`${node} ${found} without a fault on it`]
  })
}

/** From when on the journal itself does something to the node, or to all of them. */
function namedFrom(entries: readonly Entry[], node: string): Ns {
  const frozen = entries[0]
  const nodes = frozen?.kind === 'frozen' ? frozen.data.nodes : []
  const named = entries.flatMap((entry) => {
    if (entry.kind === 'fault.planned' && concerns(entry.data.target, node, nodes)) {
      return [effectiveFrom(entries, entry.data.fault) ?? entry.t]
    }
    const isPerformed =
      entry.kind === 'procedure.started' && entry.data.nodes?.includes(node) === true
    return isPerformed ? [entry.t] : []
  })
  return Math.min(Number.POSITIVE_INFINITY, ...named)
}

/**
 * A refused connection says that the server is gone, whenever it comes. A node that hangs or
 * calls itself sealed may do so because of the fault while the service recovers from it, and a
 * hanging one on a busy host, so both count only at other times, and silence only when it lasts.
 * A standby that misses its leader counts only where nothing at all is going on: what a fault
 * does to the leader is no fault on the standby.
 */
function outOfOrder(
  lane: LaneSamples,
  within: Span,
  { recovering, quiet }: { readonly recovering: readonly Span[]; readonly quiet: readonly Span[] },
): string | undefined {
  let row = 0
  let first = 0
  let certain = 0
  for (let i = 0; i < lane.count; i++) {
    const call = callAt(lane, i)
    if (call < within.from || retAt(lane, i) >= within.to) continue
    const status = lane.status[i] as number
    const tookMs = (retAt(lane, i) - call) / NS_PER_MS
    const isRefused = status === 0 && tookMs < lane.info.deadlineMs / 2
    const isIn = ({ from, to }: Span): boolean => call >= from && call < to
    const missesLeader = status === WITHOUT_LEADER && !quiet.some(isIn)
    const isExcused = !isRefused && (missesLeader || recovering.some(isIn))
    if (SERVING.includes(status) || isExcused) {
      row = 0
      continue
    }
    if (row++ === 0) {
      first = call
      certain = 0
    }
    if (isRefused || status !== 0) certain++
    const lastedMs = (retAt(lane, i) - first) / NS_PER_MS
    const when = `${formatDuration({ ms: Math.round(first / NS_PER_MS) })} into the run`
    if (certain >= ROW) {
      const why = status === 0 ? (lane.whys[lane.why[i] as number] ?? 'refused') : `HTTP ${status}`
      return `stopped serving ${when} (${why})`
    }
    if (lastedMs >= SILENCE_MS) {
      return `gave no answer for ${formatDuration({ ms: lastedMs })}, ${when},`
    }
  }
  return undefined
}

type Span = { readonly from: Ns; readonly to: Ns }

/**
 * Changes of the leader where nothing is going on: in the steady phase before the first fault or
 * procedure, and after the last one when the service had recovered for good. In between a change
 * may be the product's own doing, and the objectives judge it.
 */
function foreignLeaders(
  record: RunRecord,
  recoveries: readonly ServiceRecovery[],
): readonly string[] {
  const sightings = leaderSightings(record)
  return quietSpans(record, recoveries).flatMap(({ from, to, isAfter }) => {
    const seen = sightings.filter(({ t }) => t >= from && t < to)
    const first = seen[0]?.node
    const when = isAfter ? 'after the recovery' : 'before the first fault'
    const other = seen.find(({ node }) => node !== first)
    return other === undefined
      ? []
      : [`${other.node} took the lead from ${first} ${when}, and nobody here asked for it`]
  })
}

type Quiet = Span & { readonly isAfter: boolean }

function quietSpans(record: RunRecord, recoveries: readonly ServiceRecovery[]): readonly Quiet[] {
  const { entries } = record
  const until = startOf(entries, 'read-back') ?? entries.at(-1)?.t ?? 0
  const faults = injectedFaults(entries)
  const procedures = entries.filter(({ kind }) => kind === 'procedure.started')
  const quiet: Quiet[] = []
  const begun = lastStartOf(entries, 'steady')
  if (begun !== undefined) {
    const doings = [faults[0]?.issued, procedures[0]?.t].filter((t) => t !== undefined)
    const to = doings.length > 0 ? Math.min(...doings) : (startOf(entries, 'body') ?? until)
    quiet.push({ from: begun, to, isAfter: false })
  }
  const last = recoveries.at(-1)
  if (last?.stable === true) {
    const confirmed = last.lanes.map(({ confirmedAt }) => confirmedAt ?? until)
    const steps = entries.filter(({ kind }) => kind === 'step.ended').map(({ t }) => t)
    quiet.push({ from: Math.max(...confirmed, ...steps), to: until, isAfter: true })
  }
  return quiet
}
