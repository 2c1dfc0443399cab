import type { ObjectiveSpec } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import { Attempts } from './attempts.ts'
import { laneAvailability } from './availability.ts'
import { checksSeen, judgeChecks } from './checks.ts'
import { judgeClaim } from './claim.ts'
import { recoveryClocks } from './clocks.ts'
import { type Conclusion, conclude } from './conclusion.ts'
import {
  consistencyVerdict,
  judgeConsistency,
  type PlantedInCheckers,
  resurrectedIn,
} from './consistency.ts'
import { type DetectorId, NONE_OFF, type Off } from './detections.ts'
import { judgedFaults } from './fault-record.ts'
import { type Gate, throughGates } from './gate.ts'
import { laneOutages } from './lane-outages.ts'
import { loadGates } from './load-gates.ts'
import { loadsSeen } from './load-seen.ts'
import { lossWindow } from './loss-window.ts'
import { judgeNoOutage } from './no-outage.ts'
import { heardBy, inconclusive, type Judgement } from './objective.ts'
import { recoveryPhases } from './phases.ts'
import { proceduresSeen } from './procedures-seen.ts'
import { oracleGate, oracleReadings } from './raft-oracle.ts'
import { readBackFindings } from './read-back-findings.ts'
import { DEFAULT_STABLE, type StableRule } from './recovery.ts'
import { judgeRpo } from './rpo.ts'
import { judgeRto } from './rto.ts'
import { serviceRecoveries, slowest } from './service-recovery.ts'
import { judgeSlo } from './slo.ts'
import { sometimesOf } from './sometimes.ts'
import { soundnessGates } from './soundness-gates.ts'
import { steadyState } from './steady.ts'
import { undisturbedGate } from './undisturbed.ts'
import { vacuityGates } from './vacuity-gates.ts'
import type { JudgedObjective, Unit, Verdict } from './verdict.ts'

export type { Verdict } from './verdict.ts'

export type Judging = {
  /** Detectors that do not ring, by their ids in `detections.ts`. None but the self-test has any. */
  readonly without?: Off
  /** Defects in the checkers, which one of them must show the other. As above. */
  readonly planted?: PlantedInCheckers
}

/**
 * Derives a scenario's verdict from its record and from nothing else: the same files give the
 * same verdict, today and in years. It never sees a cluster, and it always answers: what it
 * cannot derive makes the verdict inconclusive, never a pass.
 */
export function judgeScenario(
  record: RunRecord,
  { without = NONE_OFF, planted = {} }: Judging = {},
): Verdict {
  const attempts = new Attempts()
  const of = <T>(what: string, otherwise: T, derive: () => T): T =>
    attempts.to(what, derive, otherwise)
  const { frozen } = record
  const specs = of('the objectives', [], () => [...frozen.objectives])

  const rule = of('the rule of stability', DEFAULT_STABLE, () => stableRule(specs))
  const slow = of('the recovery', undefined, () => slowest(serviceRecoveries(record, rule)))
  const phases = of('the phases', [], () => recoveryPhases(record, slow))
  const found = of('the read-back', undefined, () => readBackFindings(record))
  const steady = of('the steady state', undefined, () => steadyState(record))
  const derived = {
    claims: of('the claims', [], () => frozen.claims.map((c) => judgeClaim(c, record, rule))),
    sometimes: of('the facts', [], () => sometimesOf(record)),
    checks: of('the checks', [], () => checksSeen(record.entries)),
    faults: of('the faults', [], () => judgedFaults(record)),
    procedures: of('the procedures', [], () => proceduresSeen(record.entries)),
    outages: of('the outages', [], () => laneOutages(record)),
    clocks: of('the clocks', null, () => recoveryClocks(record, slow, phases)),
    availability: of('the availability', [], () => laneAvailability(record)),
    lossWindow: of('the loss window', null, () => lossWindow(record) ?? null),
    consistency: of('the consistency', null, () => consistencyVerdict(record, planted)),
    resurrected: of('the resurrections', [], () => resurrectedIn(record)),
    interruptions: of('the interruptions', [], () =>
      record.entries.flatMap((entry) => (entry.kind === 'interruption' ? [entry.data] : [])),
    ),
    loads: of('the loads', [], () => loadsSeen(record)),
    custody: of('the custody of keys', [], () => custodyRows(record)),
    oracle: of('the Raft oracle', [], () => oracleReadings(record, rule)),
  }
  const gates = [
    ...of('the recorded gates', [], () => recordedGates(record)),
    ...of('the soundness gates', [], () => soundnessGates(record, rule)),
    ...of('the undisturbed gate', [], () => (knew(record) ? undisturbedGate(record, rule) : [])),
    ...of('the gates of the load', [], () => loadGates(record)),
    ...of('the vacuity gates', [], () => vacuityGates(record)),
    ...of('the oracle gate', [], () => (knew(record) ? oracleGate(record, rule) : [])),
  ].filter(({ id }) => !without.has(id))
  gates.push(...attempts.gates())
  const expected = of('the expectations', [], () => frozen.expects.map(({ missed }) => missed))
  const judgements = specs.flatMap((spec) =>
    of<readonly Judged[]>('an objective', [], () => {
      const undecided = inconclusive('assumption', 'it could not be judged')
      const own = of(`"${spec.id}"`, undecided, () => judge(spec, record, without))
      const judgement = throughGates(spec, own, gates)
      return [{ judgement, objective: judged(spec, judgement, expected) }]
    }),
  )
  const objectives = judgements.map(({ objective }) => objective)
  const doubt = {
    verdict: 'inconclusive',
    cause: 'assumption',
    why: 'it was not concluded',
  } as const
  const { rang, ...conclusion } = of<Conclusion>('the conclusion', doubt, () =>
    conclude(record, objectives, gates, without),
  )
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
    ...attempts.believe(conclusion),
    objectives,
    claims: derived.claims,
    gates,
    sometimes: derived.sometimes,
    checks: derived.checks,
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
    resurrected: derived.resurrected,
    faults: derived.faults,
    procedures: derived.procedures,
    phases,
    outages: derived.outages,
    stable: { stableCount: rule.stableCount, holdDownMs: rule.holdDownMs },
    steady:
      steady === undefined ? null : { ms: round(steady.ms), acknowledged: steady.acknowledged },
    clocks: derived.clocks,
    availability: derived.availability,
    lossWindow: derived.lossWindow,
    consistency: derived.consistency,
    interruptions: derived.interruptions,
    oracle: derived.oracle,
    loads: derived.loads,
    ...(derived.custody.length === 0 ? {} : { custody: derived.custody }),
    detected: detectedBy(
      gates,
      judgements.map(({ judgement }) => judgement),
      rang,
    ),
  }
}

type Judged = { readonly judgement: Judgement; readonly objective: JudgedObjective }

/** Hold-down and length of a stable run, from the scenario's own RTO objective if it has one. */
export function stableRule(objectives: readonly ObjectiveSpec[]): StableRule {
  const timed = objectives.find(({ kind }) => kind === 'rto' || kind === 'no-outage')
  if (timed?.kind === 'rto') return timed
  if (timed?.kind === 'no-outage') return { ...DEFAULT_STABLE, holdDownMs: timed.holdDownMs }
  return DEFAULT_STABLE
}

/** What the scenario found out itself while it ran. */
const recordedGates = ({ entries }: RunRecord): readonly Gate[] =>
  entries.filter((entry) => entry.kind === 'gate').map(({ data }) => data)

/** As the audits found it; nothing is judged of it but what a scenario checks. */
const custodyRows = ({ entries }: RunRecord): NonNullable<Verdict['custody']> =>
  entries.filter((entry) => entry.kind === 'custody').map(({ data }) => data)

/**
 * Whether the version that recorded this had a gate that judges what it always recorded. An old
 * verdict must come out of its files again, so it keeps the gates it had.
 */
const knew = ({ entries, frozen }: RunRecord): boolean =>
  entries.some(({ kind }) => kind === 'node.processes') ||
  frozen.objectives.some(({ kind }) => kind === 'consistency')

function judge(spec: ObjectiveSpec, record: RunRecord, off: Off): Judgement {
  switch (spec.kind) {
    case 'rto':
      return heardBy('rto', judgeRto(spec, record), off)
    case 'no-outage':
      return heardBy('no-outage', judgeNoOutage(spec, record), off)
    case 'rpo':
      return judgeRpo(spec, record, off)
    case 'consistency':
      return judgeConsistency(spec, record, off)
    case 'slo':
      return heardBy('slo', judgeSlo(spec, record, off), off)
    case 'checks':
      return heardBy('checks', judgeChecks(spec, record), off)
    default: {
      // A journal of a later version: what cannot be judged is not met.
      const { kind } = spec as { kind: string }
      return inconclusive('assumption', `this version cannot judge an objective of kind "${kind}"`)
    }
  }
}

function judged(
  spec: ObjectiveSpec,
  { found: _found, writesLost: _lost, ...judgement }: Judgement,
  expected: readonly string[],
): JudgedObjective {
  return {
    id: spec.id,
    kind: spec.kind,
    ...limitOf(spec),
    ...(spec.source === undefined ? {} : { source: spec.source }),
    ...judgement,
    ...(expected.includes(spec.id) ? { expectedMiss: true as const } : {}),
  }
}

function limitOf(spec: ObjectiveSpec): { readonly limit: number; readonly unit: Unit } {
  switch (spec.kind) {
    case 'rto':
      return { limit: spec.limitMs, unit: 'ms' }
    case 'no-outage':
      return spec.longestMs === undefined
        ? { limit: 0, unit: 'bad answers' }
        : { limit: spec.longestMs, unit: 'ms' }
    case 'rpo':
      return spec.windowMs === undefined
        ? { limit: spec.lostWrites, unit: 'writes' }
        : { limit: spec.windowMs, unit: 'ms' }
    case 'consistency':
      return { limit: 0, unit: 'violations' }
    case 'slo':
      return { limit: spec.limit, unit: spec.of === 'errors' ? 'share' : 'ms' }
    default:
      return { limit: spec.titles?.length ?? 0, unit: 'checks' }
  }
}

/** In the order of the verdict: gates, then rules, then what kept the scenario from its end. */
function detectedBy(
  gates: readonly Gate[],
  judgements: readonly Judgement[],
  rang: DetectorId | undefined,
): readonly string[] {
  const failed = gates.filter(({ held }) => !held).map(({ id }) => id)
  const broken = judgements.flatMap(({ found }) => found ?? [])
  return [...new Set([...failed, ...broken, ...(rang === undefined ? [] : [rang])])]
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000
