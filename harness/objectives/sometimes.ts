import type { Op } from '../journal/history.ts'
import type { RunRecord } from '../journal/read.ts'
import type { ReadOut } from '../journal/read-out.ts'
import { callAt, isGood, isJudged, type LaneSamples, retAt } from '../journal/samples.ts'
import { isUnsealAttempt } from '../journal/unseal-attempt.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { faultsOf, injectedFaults } from './fault-record.ts'
import { leaderSightings } from './leadership.ts'
import { startOf } from './phase-span.ts'
import { oracleReadings } from './raft-oracle.ts'
import { readBackFindings } from './read-back-findings.ts'
import { DEFAULT_STABLE } from './recovery.ts'

/**
 * Facts that a scenario can demand to have been seen at least once (`mustObserve`). A run in
 * which its point never happened proves nothing.
 * @see docs/decisions/three-valued-verdicts.md
 */
export const FACTS: Readonly<
  Record<string, { readonly says: string; readonly seen: (record: RunRecord) => boolean }>
> = {
  'leader-changed': { says: 'another node became leader after the fault', seen: leaderChanged },
  'answers-slowed': {
    says: 'while a fault lasted, the good answers of a judged lane took 200 ms more than before',
    seen: answersSlowed,
  },
  'write-refused-or-unknown': {
    says: 'a write was refused or had no answer',
    seen: ({ ledger }) => (ledger?.count.refused ?? 0) + (ledger?.count.unknown ?? 0) > 0,
  },
  'write-refused': {
    says: 'a write was refused',
    seen: ({ ledger }) => (ledger?.count.refused ?? 0) > 0,
  },
  'write-unknown': {
    says: 'a write had no answer',
    seen: ({ ledger }) => (ledger?.count.unknown ?? 0) > 0,
  },
  'write-acknowledged': {
    says: 'a write was acknowledged',
    seen: ({ ledger }) => (ledger?.count.acknowledged ?? 0) > 0,
  },
  'node-silent': { says: 'a node stopped answering after the fault', seen: nodeSilent },
  'bad-probe': { says: 'a judged lane had a bad answer after the fault', seen: badProbe },
  'read-from-each-node': {
    says: 'the read-back reached each node',
    seen: ({ frozen, passes, readOuts }) =>
      frozen.nodes.every(
        (node) =>
          passes.some((pass) => pass.node === node && pass.good.size > 0) ||
          readOuts.some((out) => out.node === node && hasContent(out)),
      ),
  },
  'operation-unknown': {
    says: 'a change of a register had no answer',
    seen: ({ history }) => history?.ops.some(isUnknownChange) ?? false,
  },
  'cas-conflict': {
    says: 'a conditional write was refused for its condition',
    seen: ({ history }) => history?.ops.some(({ out }) => out.t === 'casfail') ?? false,
  },
  'writes-in-snapshot': {
    says: '200 writes were acknowledged while a snapshot was taken',
    seen: (record) => writesInSnapshot(record) >= 200,
  },
  'operations-in-flight': {
    says: 'the fault met an operation on a register under way',
    seen: operationsInFlight,
  },
  'write-unknown-applied': {
    says: 'a change without an answer was applied',
    seen: (record) => unknownChanges(record).applied > 0,
  },
  'write-unknown-absent': {
    says: 'a change without an answer was not applied',
    seen: (record) => unknownChanges(record).absent > 0,
  },
  'young-survivor': {
    says: 'a leader was killed while another node had just started',
    seen: (record) =>
      oracleReadings(record, DEFAULT_STABLE).some((reading) => reading.class === 'young'),
  },
  'write-lost-by-restore': {
    says: 'a restore discarded an acknowledged write',
    seen: (record) =>
      record.history?.ops.some(({ f, out }) => f === 'restore' && out.t === 'ack') === true &&
      (readBackFindings(record)?.lost.length ?? 0) > 0,
  },
  'kms-used': {
    says: 'the KMS was asked to encrypt while the cluster started',
    seen: ({ entries }) =>
      entries.some((entry) => entry.kind === 'cluster.ready' && entry.data.kmsEncrypts > 0),
  },
  'unseal-attempted-without-kms': {
    says: 'a server tried to unseal itself while the KMS or its key was out',
    seen: ({ entries }) => {
      const outages = faultsOf(entries).filter(({ name }) => /^(kms|key)-/.test(name))
      return entries.some(
        (entry) =>
          entry.kind === 'check' &&
          isUnsealAttempt(entry.data.observed) &&
          outages.some(({ proven, healingAt, healedAt }) =>
            within(entry.t, proven, healingAt ?? healedAt),
          ),
      )
    },
  },
}

/** What has not begun contains nothing; what has not ended lasts. */
const within = (t: Ns, from: Ns | undefined, to: Ns = Number.POSITIVE_INFINITY): boolean =>
  from !== undefined && t >= from && t < to

export const isKnownFact = (id: string): boolean => Object.hasOwn(FACTS, id)

export type Sometimes = { readonly id: string; readonly says: string; readonly seen: boolean }

/** A fact that this version does not know was not seen, so the run does not pass. */
export function sometimesOf(record: RunRecord): readonly Sometimes[] {
  return record.frozen.mustObserve.map((id) => {
    const fact = isKnownFact(id) ? FACTS[id] : undefined
    if (fact === undefined) return { id, says: 'not a fact that can be observed', seen: false }
    return { id, says: fact.says, seen: fact.seen(record) }
  })
}

/** Counted up to the read-back only, which rotates the leadership itself. */
function leaderChanged(record: RunRecord): boolean {
  const issued = injectedFaults(record.entries)[0]?.issued
  if (issued === undefined) return false
  const until = startOf(record.entries, 'read-back') ?? Number.POSITIVE_INFINITY
  const sightings = leaderSightings(record)
  const before = sightings.findLast(({ t }) => t < issued)?.node
  return (
    before !== undefined &&
    sightings.some(({ node, t }) => t > issued && t < until && node !== before)
  )
}

function nodeSilent(record: RunRecord): boolean {
  const issued = injectedFaults(record.entries)[0]?.issued
  if (issued === undefined) return false
  return record.lanes
    .filter(({ info }) => info.kind === 'health')
    .some((lane) => {
      for (let i = 0; i < lane.count; i++) {
        if (!isGood(lane, i) && (lane.call[i] as number) >= issued) return true
      }
      return false
    })
}

const SLOWED_BY_MS = 200

/** By the medians: one late answer on a busy host is none. */
function answersSlowed(record: RunRecord): boolean {
  return faultsOf(record.entries).some(({ issued, proven, healingAt, healedAt }) => {
    const to = healingAt ?? healedAt
    if (issued === undefined || proven === undefined || to === undefined) return false
    return record.lanes.filter(isJudged).some((lane) => {
      const before = medianTookMs(lane, 0, issued)
      const during = medianTookMs(lane, proven, to)
      return before !== undefined && during !== undefined && during >= before + SLOWED_BY_MS
    })
  })
}

/** Of the good answers to what was sent in this time. */
function medianTookMs(lane: LaneSamples, from: Ns, to: Ns): number | undefined {
  const took: number[] = []
  for (let i = 0; i < lane.count; i++) {
    const call = callAt(lane, i)
    if (isGood(lane, i) && call >= from && call < to) took.push(retAt(lane, i) - call)
  }
  const middle = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)]
  return middle === undefined ? undefined : middle / NS_PER_MS
}

function badProbe(record: RunRecord): boolean {
  const issued = injectedFaults(record.entries)[0]?.issued
  if (issued === undefined) return false
  return record.lanes.filter(isJudged).some((lane) => {
    for (let i = 0; i < lane.count; i++) {
      if (!isGood(lane, i) && (lane.ret[i] as number) >= issued) return true
    }
    return false
  })
}

const isUnknownChange = ({ f, out }: Op): boolean => f !== 'read' && out.t === 'unknown'

const hasContent = ({ registers }: ReadOut): boolean =>
  [...registers.values()].some(({ state }) => state === 'present')

/**
 * One is enough: eight sequential clients at a hundred operations a second have eight under way
 * at most, and mostly none.
 */
function operationsInFlight({ entries, history }: RunRecord): boolean {
  return injectedFaults(entries).some(({ issued, proven }) =>
    history?.ops.some(({ call, ret }) => call <= proven && ret >= issued),
  )
}

/** The most that one snapshot saw, of the ledger and of the registers. */
function writesInSnapshot({ history, ledger }: RunRecord): number {
  const ops = history?.ops ?? []
  const counts = ops
    .filter(({ f, out }) => f === 'snapshot' && out.t === 'ack')
    .map(({ call, ret }) => {
      const lies = (from: Ns | undefined, to: Ns | undefined) =>
        from !== undefined && to !== undefined && from >= call && to <= ret
      const numbered = ledger?.numbers.filter((n) =>
        lies(ledger.sentAt(n), ledger.acknowledgedAt(n)),
      )
      const changes = ops.filter(
        (op) => op.f === 'write' && op.out.t === 'ack' && lies(op.call, op.ret),
      )
      return (numbered?.length ?? 0) + changes.length
    })
  return Math.max(0, ...counts)
}

/** Of the numbered writes and of the registers, resolved by what was read after the end. */
function unknownChanges(record: RunRecord): { readonly applied: number; readonly absent: number } {
  const { history, readOuts, passes } = record
  const found = readBackFindings(record)
  const present = new Set<string>()
  for (const { registers } of readOuts) {
    for (const { versions } of registers.values()) {
      for (const { op } of versions.values()) if (op !== undefined) present.add(op)
    }
  }
  const ops = history?.ops ?? []
  // A deleted version does not tell whose it was.
  const deletable = new Set(ops.flatMap(({ f, key }) => (f === 'delete' ? [key] : [])))
  const writes = ops.filter((op) => op.f === 'write' && isUnknownChange(op))
  const applied = writes.filter(({ op }) => op !== undefined && present.has(op))
  const absent = writes.filter((op) => !applied.includes(op) && !deletable.has(op.key))
  const recovered = found?.recoveredUnknown ?? 0
  // What nobody looked for is neither.
  const absentInLedger = passes.length === 0 ? 0 : (found?.unknown ?? 0) - recovered
  return {
    applied: recovered + applied.length,
    absent: absentInLedger + (readOuts.length === 0 ? 0 : absent.length),
  }
}
