import type { JournalData } from '../journal/entry.ts'
import type { Interruption } from '../journal/interruption.ts'
import type { LaneAvailability } from './availability.ts'
import type { CheckSeen } from './checks.ts'
import type { JudgedClaim } from './claim.ts'
import type { RecoveryClocks } from './clocks.ts'
import type { ConsistencyVerdict } from './consistency.ts'
import type { JudgedFault } from './fault-record.ts'
import type { Gate } from './gate.ts'
import type { LaneOutages } from './lane-outages.ts'
import type { LoadSeen } from './load-seen.ts'
import type { LossWindow } from './loss-window.ts'
import type { Cause, Judgement } from './objective.ts'
import type { RecoveryPhase } from './phases.ts'
import type { ProcedureSeen } from './procedures-seen.ts'
import type { OracleReading } from './raft-oracle.ts'
import type { OddWrite } from './read-back-findings.ts'
import type { StableRule } from './recovery.ts'
import type { Sometimes } from './sometimes.ts'

/** The content of `verdict.json`: all of it is derived from the journal, and can be again. */

export type VerdictWord = 'passed' | 'failed' | 'inconclusive' | 'aborted' | 'skipped'

export type Unit = 'ms' | 'writes' | 'bad answers' | 'checks' | 'violations' | 'share'

export type JudgedObjective = Omit<Judgement, 'found' | 'writesLost'> & {
  readonly id: string
  readonly kind: string
  readonly unit: Unit
  readonly limit: number
  readonly source?: string
  /** The scenario exists to show this miss. */
  readonly expectedMiss?: true
}

/** What a verdict is about, known before anything has run. */
export type ScenarioIdentity = {
  readonly scenario: string
  readonly id: string
  readonly variant?: string
  readonly title: string
  readonly hypothesis: string
  readonly source: string
  readonly product: string
  readonly version: string
  readonly multiplier: number
  readonly seed: string
  readonly repro: string
}

export type Verdict = ScenarioIdentity & {
  readonly format: number
  readonly verdict: VerdictWord
  /** Of an inconclusive one. */
  readonly cause?: Cause
  /** One sentence: what failed, or what was proved. */
  readonly why: string
  readonly objectives: readonly JudgedObjective[]
  readonly claims: readonly JudgedClaim[]
  readonly gates: readonly Gate[]
  readonly sometimes: readonly Sometimes[]
  readonly checks: readonly CheckSeen[]
  readonly writes: {
    readonly acknowledged: number
    readonly refused: number
    readonly unknown: number
    /** Unanswered writes that the read-back found applied. */
    readonly recoveredUnknown: number
  } | null
  readonly lost: readonly OddWrite[]
  readonly ghosts: readonly OddWrite[]
  readonly duplicated: readonly OddWrite[]
  readonly corrupt: readonly OddWrite[]
  readonly resurrected: readonly OddWrite[]
  readonly faults: readonly JudgedFault[]
  readonly procedures: readonly ProcedureSeen[]
  /** Parts of the recovery time, in milliseconds since the fault was issued. */
  readonly phases: readonly RecoveryPhase[]
  readonly outages: readonly LaneOutages[]
  /** What "stable" means here. */
  readonly stable: StableRule | null
  readonly steady: { readonly ms: number; readonly acknowledged: number } | null
  // What follows is missing in verdicts of before it was derived.
  /** The slowest recovery by three clocks. */
  readonly clocks?: RecoveryClocks | null
  readonly availability?: readonly LaneAvailability[]
  readonly lossWindow?: LossWindow | null
  readonly consistency?: ConsistencyVerdict | null
  /** Each crash of a leader, held against Raft's timers. */
  readonly oracle?: readonly OracleReading[]
  /** Each cell of the matrix "step × interruption" that was lived through. */
  readonly interruptions?: readonly Interruption[]
  /** What each load generator measured, by phase and operation. */
  readonly loads?: readonly LoadSeen[]
  /** Of each audit of key custody, one row for each backup that is kept. */
  readonly custody?: readonly JournalData['custody'][]
  /** Ids of the detectors that rang, `detections.ts` names them. */
  readonly detected?: readonly string[]
}

/** A verdict for a scenario without a record: it was skipped, or never came to start. */
export function verdictWithoutRecord(
  identity: ScenarioIdentity,
  word: 'skipped' | 'aborted' | 'inconclusive',
  why: string,
): Verdict {
  return {
    format: 1,
    ...identity,
    verdict: word,
    ...(word === 'inconclusive' ? { cause: 'infrastructure' as const } : {}),
    why,
    objectives: [],
    claims: [],
    gates: [],
    sometimes: [],
    checks: [],
    writes: null,
    lost: [],
    ghosts: [],
    duplicated: [],
    corrupt: [],
    resurrected: [],
    faults: [],
    procedures: [],
    phases: [],
    outages: [],
    stable: null,
    steady: null,
    clocks: null,
    availability: [],
    lossWindow: null,
    consistency: null,
    oracle: [],
    interruptions: [],
    loads: [],
    detected: [],
  }
}
