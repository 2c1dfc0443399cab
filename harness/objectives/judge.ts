import type { ObjectiveSpec } from '../journal/entry.ts'
import { outagesOf } from '../journal/outages.ts'
import type { RunRecord } from '../journal/read.ts'
import { isJudged } from '../journal/samples.ts'
import { checksSeen, judgeChecks } from './checks.ts'
import { judgeClaim } from './claim.ts'
import { conclude } from './conclusion.ts'
import { faultsOf } from './fault-record.ts'
import { type Gate, throughGates } from './gate.ts'
import { judgeNoOutage } from './no-outage.ts'
import { inconclusive, type Judgement } from './objective.ts'
import { recoveryPhases } from './phases.ts'
import { proceduresSeen } from './procedures-seen.ts'
import { readBackFindings } from './read-back-findings.ts'
import { DEFAULT_STABLE, type StableRule } from './recovery.ts'
import { judgeRpo } from './rpo.ts'
import { judgeRto } from './rto.ts'
import { serviceRecoveries, slowest, toMs } from './service-recovery.ts'
import { sometimesOf } from './sometimes.ts'
import { soundnessGates } from './soundness-gates.ts'
import { steadyState } from './steady.ts'
import { vacuityGates } from './vacuity-gates.ts'
import type { JudgedFault, JudgedObjective, LaneOutages, Unit, Verdict } from './verdict.ts'

export type { Verdict } from './verdict.ts'

/**
 * Derives a scenario's verdict from its record and from nothing else: the same files give the
 * same verdict, today and in years. It never sees a cluster.
 */
export function judgeScenario(record: RunRecord): Verdict {
  const { frozen, entries } = record
  const rule = stableRule(frozen.objectives)
  const gates = gatesOf(record, rule)
  const objectives = frozen.objectives.map((spec) =>
    judged(spec, throughGates(spec, judge(spec, record), gates), record),
  )
  const found = readBackFindings(record)
  const slow = slowest(serviceRecoveries(record, rule))
  const steady = steadyState(record)
  return {
    format: frozen.format,
    scenario: frozen.scenario,
    id: frozen.id,
    ...(frozen.variant === undefined ? {} : { variant: frozen.variant }),
    title: frozen.title,
    hypothesis: frozen.hypothesis,
    source: frozen.source,
    product: frozen.product,
    version: frozen.version,
    multiplier: frozen.multiplier,
    seed: frozen.seed,
    repro: frozen.repro,
    ...conclude(record, objectives, gates),
    objectives,
    claims: frozen.claims.map((claim) => judgeClaim(claim, record, rule)),
    gates,
    sometimes: sometimesOf(record),
    checks: checksSeen(entries),
    writes:
      found === undefined
        ? null
        : {
            acknowledged: found.acknowledged,
            refused: found.refused,
            unknown: found.unknown,
            recoveredUnknown: found.recoveredUnknown,
          },
    lost: found?.lost ?? [],
    ghosts: found?.ghosts ?? [],
    duplicated: found?.duplicated ?? [],
    corrupt: found?.corrupt ?? [],
    resurrected: [],
    faults: judgedFaults(record),
    procedures: proceduresSeen(entries),
    phases: recoveryPhases(record, slow),
    outages: laneOutages(record),
    stable: { stableCount: rule.stableCount, holdDownMs: rule.holdDownMs },
    steady:
      steady === undefined ? null : { ms: round(steady.ms), acknowledged: steady.acknowledged },
  }
}

/** Hold-down and length of a stable run, from the scenario's own RTO objective if it has one. */
export function stableRule(objectives: readonly ObjectiveSpec[]): StableRule {
  const timed = objectives.find(({ kind }) => kind === 'rto' || kind === 'no-outage')
  if (timed?.kind === 'rto') return timed
  if (timed?.kind === 'no-outage') return { ...DEFAULT_STABLE, holdDownMs: timed.holdDownMs }
  return DEFAULT_STABLE
}

function gatesOf(record: RunRecord, rule: StableRule): readonly Gate[] {
  const recorded = record.entries.filter(({ kind }) => kind === 'gate')
  return [
    ...recorded.map(({ data }) => data as Gate),
    ...soundnessGates(record, rule),
    ...vacuityGates(record),
  ]
}

function judge(spec: ObjectiveSpec, record: RunRecord): Judgement {
  switch (spec.kind) {
    case 'rto':
      return judgeRto(spec, record)
    case 'no-outage':
      return judgeNoOutage(spec, record)
    case 'rpo':
      return judgeRpo(spec, record)
    case 'checks':
      return judgeChecks(spec, record)
    default: {
      // A journal of a later version: what cannot be judged is not met.
      const { kind } = spec as { kind: string }
      return inconclusive('assumption', `this version cannot judge an objective of kind "${kind}"`)
    }
  }
}

function judged(spec: ObjectiveSpec, judgement: Judgement, { frozen }: RunRecord): JudgedObjective {
  const expected = frozen.expects.some(({ missed }) => missed === spec.id)
  return {
    id: spec.id,
    kind: spec.kind,
    ...limitOf(spec),
    ...(spec.source === undefined ? {} : { source: spec.source }),
    ...judgement,
    ...(expected ? { expectedMiss: true as const } : {}),
  }
}

function limitOf(spec: ObjectiveSpec): { readonly limit: number; readonly unit: Unit } {
  switch (spec.kind) {
    case 'rto':
      return { limit: spec.limitMs, unit: 'ms' }
    case 'no-outage':
      return { limit: 0, unit: 'bad answers' }
    case 'rpo':
      return { limit: spec.lostWrites, unit: 'writes' }
    default:
      return { limit: spec.titles?.length ?? 0, unit: 'checks' }
  }
}

function judgedFaults({ entries }: RunRecord): readonly JudgedFault[] {
  return faultsOf(entries).map((fault) => ({
    id: fault.id,
    name: fault.name,
    target: fault.target,
    issued: fault.issued ?? null,
    proven: fault.proven ?? null,
    witnessed: fault.witness !== undefined,
    witness: fault.witness ?? null,
    final: fault.final,
    healed: fault.healedAt !== undefined,
    residue: fault.stuck === undefined ? fault.residue : [...fault.residue, fault.stuck],
  }))
}

function laneOutages(record: RunRecord): readonly LaneOutages[] {
  return record.lanes.filter(isJudged).map((lane) => {
    const lengths = outagesOf(lane).map(({ inner, outer }) => ({
      lo: toMs(inner.to - inner.from),
      hi: toMs(outer.to - outer.from),
    }))
    const longest = { lo: 0, hi: 0 }
    const sum = { lo: 0, hi: 0 }
    for (const { lo, hi } of lengths) {
      longest.lo = Math.max(longest.lo, lo)
      longest.hi = Math.max(longest.hi, hi)
      sum.lo = round(sum.lo + lo)
      sum.hi = round(sum.hi + hi)
    }
    return { lane: lane.info.lane, count: lengths.length, longest, sum }
  })
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000
