import type { Ns } from '../lib/clock.ts'
import type { Line, Seal } from './chain.ts'
import type { Frozen } from './frozen.ts'
import type { Interruption } from './interruption.ts'
import type { LoadEnded, LoadStarted } from './load.ts'

/**
 * Everything that can happen in a run, as the files have it. These shapes are the product's
 * memory: `judge` reads runs of years ago, so a field is added, never renamed.
 */

export { FORMAT_VERSION } from './frozen.ts'
export type { LoadEnded, LoadOperation, LoadPhase, LoadQuantile, LoadStarted } from './load.ts'
export type { ReadData, ReadEntry, ReadState } from './reading.ts'

// --- what was promised before anything happened: frozen.ts ----------------------------------

export type { ClaimSpec, Expectation, Frozen, ObjectiveSpec } from './frozen.ts'

// --- what happened: journal.jsonl ---------------------------------------------------------

export type Phase =
  | 'start'
  | 'calibrate'
  | 'settle'
  /** The undisturbed time before the first fault; it begins anew after a bad answer. */
  | 'steady'
  | 'body'
  | 'heal'
  | 'converge'
  | 'read-back'
  | 'collect'

export type FaultEvent = { readonly fault: string; readonly name: string; readonly target: string }

export type JournalData = {
  frozen: Frozen
  phase: { readonly name: Phase }
  'cluster.ready': {
    readonly leader: string
    readonly voters: readonly string[]
    readonly sealType: string
    readonly kmsEncrypts: number
    /** Milliseconds of each part of the boot. */
    readonly parts: Readonly<Record<string, number>>
  }
  /** One flip of the built-in server, as it was and as the probe measured it. */
  calibration: { readonly errorsMs: readonly number[]; readonly worstMs: number }
  gate: {
    readonly id: string
    readonly kind: 'soundness' | 'vacuity'
    /** Ids of the objectives it guards; empty: all. */
    readonly guards: readonly string[]
    readonly held: boolean
    readonly reason: string
  }
  'fault.planned': FaultEvent & {
    readonly plan: unknown
    readonly undo: string
    readonly final: boolean
    /** What the fault is not, for whoever reads the report; missing in older journals. */
    readonly cannotShow?: string
  }
  /** `issued`…`proven` bracket the instant at which the fault took effect. */
  'fault.injected': FaultEvent & { readonly issued: Ns; readonly proven: Ns }
  'fault.witnessed': FaultEvent & { readonly witness: string }
  'fault.unseen': FaultEvent & { readonly lastSeen: string }
  'fault.healed': FaultEvent & {
    readonly residue: readonly string[]
    /** When the healing began; missing in journals of before it was recorded. */
    readonly began?: Ns
  }
  'fault.stuck': FaultEvent & { readonly why: string }
  'wait.started': { readonly what: string; readonly limitMs: number }
  'wait.happened': { readonly what: string; readonly waitedMs: number }
  'wait.expired': { readonly what: string; readonly waitedMs: number; readonly lastSeen: string }
  'procedure.started': {
    readonly procedure: string
    readonly form: 'corrected' | 'as-written'
    /** The nodes that it was given; missing in journals of before they were recorded. */
    readonly nodes?: readonly string[]
  }
  'step.started': { readonly procedure: string; readonly title: string; readonly source?: string }
  'step.ended': {
    readonly procedure: string
    readonly title: string
    readonly outcome: 'done' | 'refused' | 'failed' | 'skipped'
    readonly observed?: string
    /** What people need for the step, as the runbook declares it; nobody waited for it. */
    readonly declaredHumanMs?: number
  }
  interruption: Interruption
  /** The operator asks for a snapshot or a restore; on disk before anything is sent. */
  'operation.began': {
    readonly operation: number
    readonly f: 'snapshot' | 'restore'
    /** Of a restore: the snapshot that it restores, where this run has made it. */
    readonly of?: number
  }
  /** A snapshot ends with its last byte, a restore when it is proved to be in force. */
  'operation.ended': {
    readonly operation: number
    readonly outcome: 'acknowledged' | 'refused' | 'unknown'
    readonly why?: string
  }
  /** One backup that is kept, and what of the keys that are held then opens it. */
  custody: {
    /** Rows of one audit stand together. */
    readonly audit: number
    /** Key of the object. */
    readonly snapshot: string
    readonly takenAt: string
    /** KMS keys that its stored keys are encrypted with, and in which state they are. */
    readonly kmsKeys: readonly { readonly id: string; readonly state: string }[]
    /** Whether a server was restored from it. */
    readonly opens: boolean
    readonly why: string
    /** Whether the restored server took these key shares; `null`: there was none to ask. */
    readonly shares: readonly { readonly generation: number; readonly taken: boolean | null }[]
  }
  /** One fact compared with what should be: the body asserts nothing, the judge does. */
  check: {
    readonly title: string
    readonly source?: string
    readonly expected: unknown
    readonly observed: unknown
  }
  /** A load generator begins; on disk before its process starts. */
  'load.started': LoadStarted
  /** The generator is gone; its samples are sealed by `file.closed` (head: SHA-256 of the file). */
  'load.ended': LoadEnded
  /** The probe's live view of a stable run; the judge derives it again from the samples. */
  stable: { readonly since: Ns }
  'node.state': {
    readonly node: string
    readonly health: number
    readonly term?: number
    readonly detail?: string
  }
  /** The servers' processes: whose age a fault met, and whether somebody else touched them. */
  'node.processes': {
    readonly when: 'settled' | 'fault' | 'converged'
    /** `pid` 0 and age 0 of a node that does not run. */
    readonly nodes: Readonly<Record<string, { readonly pid: number; readonly ageMs: number }>>
  }
  converged: { readonly voters: number; readonly appliedIndexes: Readonly<Record<string, number>> }
  'file.closed': Seal
  /** Wall and monotonic clock together; their distance must not move during a run. */
  clock: { readonly wallMs: number; readonly t: Ns }
  note: { readonly text: string }
  error: {
    readonly message: string
    /** The machine's doing or our own, and not the cluster's. */
    readonly infrastructure: boolean
    /** The step of a procedure that it ended, and nobody had expected that. */
    readonly step?: { readonly procedure: string; readonly title: string }
  }
  aborted: { readonly why: string }
  /** This machine cannot do what the scenario needs. */
  skipped: { readonly why: string }
  ended: Record<string, never>
}

export type JournalKind = keyof JournalData
export type Entry = { [K in JournalKind]: Line<K, JournalData[K]> }[JournalKind]

// --- the write lane, which is the ledger: writes.jsonl -----------------------------------

export type WriteOutcome = 'acknowledged' | 'refused' | 'unknown'

export type WriteData = {
  /** On disk before the request is sent. */
  sent: { readonly n: number; readonly path: string; readonly hash: string; readonly via: string }
  answer: {
    readonly n: number
    readonly outcome: WriteOutcome
    readonly version?: number
    readonly status?: number
    readonly why?: string
    readonly call: Ns
    readonly ret: Ns
  }
}
export type WriteEntry = { [K in keyof WriteData]: Line<K, WriteData[K]> }[keyof WriteData]

// --- samples of every lane: probes.jsonl ---------------------------------------------------

/** What a lane does; judged lanes decide RTO and outage, the others explain and cross-check. */
export type LaneKind = 'write' | 'read' | 'fresh-read' | 'health'

export type LaneInfo = {
  readonly lane: string
  readonly kind: LaneKind
  readonly judged: boolean
  readonly target: string
  readonly intervalMs: number
  /** Of its first slot after that of the first lane; missing where all have theirs at once. */
  readonly offsetMs?: number
  readonly deadlineMs: number
}

export type ProbeData = {
  lanes: {
    readonly lanes: readonly LaneInfo[]
    readonly firstSlotAt: Ns
    /** Process of the probe: the read-back must come from another. */
    readonly pid?: number
  }
  /** One request. First slot + offset + `slot` × interval = `intended`; `call` − `intended` = lateness. */
  sample: {
    readonly lane: string
    readonly slot: number
    readonly intended: Ns
    readonly call: Ns
    readonly ret: Ns
    readonly ok: boolean
    readonly status?: number
    readonly why?: string
    /** Number of the write, on the write lane. */
    readonly n?: number
  }
  /** Slots that could not be sent within 25 ms of their time. */
  missed: { readonly lane: string; readonly fromSlot: number; readonly toSlot: number }
  /** What the probe process used, once a second. */
  usage: {
    readonly cpuMsPerS: number
    readonly rssMiB: number
    readonly loopDelayP99Ms: number
    /** Share of the host's CPU time that nobody wanted, 0…1; time stolen from a VM is not idle. */
    readonly hostIdle?: number
  }
}
export type ProbeEntry = { [K in keyof ProbeData]: Line<K, ProbeData[K]> }[keyof ProbeData]
