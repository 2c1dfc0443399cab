import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Seal, Unchained } from '../journal/chain.ts'
import type {
  Frozen,
  JournalData,
  JournalKind,
  LaneInfo,
  ProbeData,
  ReadData,
  WriteData,
} from '../journal/entry.ts'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { OPERATIONS_FILE, type OperationData } from '../journal/operation.ts'
import {
  PROBES_FILE,
  READS_FILE,
  type RunRecord,
  readRecord,
  WRITES_FILE,
} from '../journal/read.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { madeChain } from './made-chain.ts'
import { MADE_WALL_MS, type MadeLoad } from './made-load.ts'
import { madeWorkload } from './made-operations.ts'
import { madeReadBack } from './made-read-back.ts'
import { addSamples } from './made-samples.ts'

/**
 * Made records for tests and fixtures: a leader is killed, another takes over, nothing is lost.
 * A test takes this run and spoils one thing, so what it shows is the effect of that thing.
 * Lanes are slow (100 ms) and the hold-down short (2 s), which keeps a record at a few hundred lines.
 */

export type MadeLine<Data> = { [K in keyof Data]: { t: Ns; kind: K; data: Data[K] } }[keyof Data]

/** The lines of each file, to be spoiled before they are written. */
export type MadeRun = {
  journal: MadeLine<JournalData>[]
  writes: MadeLine<WriteData>[]
  probes: MadeLine<ProbeData>[]
  reads: MadeLine<ReadData>[]
  ops: MadeLine<OperationData>[]
  loads: MadeLoad[]
}

export const FAULT_ISSUED_MS = 5800
export const FAULT_PROVEN_MS = 5805
/** The service is back at this instant: 1,895–1,900 ms after the fault. */
export const SERVICE_BACK_MS = 7700
export const READ_BACK_MS = 12_000
const NODES = ['vault-1', 'vault-2', 'vault-3']
const INTERVAL_MS = 100

export const ns = (ms: number): Ns => Math.round(ms * NS_PER_MS)

export const madeFrozen: Frozen = {
  format: 1,
  scenario: 'leader-crash',
  id: 'HA2',
  title: 'The leader is killed while tenants write',
  hypothesis: 'A standby takes over within 5 s and no acknowledged write is lost.',
  source: 'HLD:873-877',
  product: 'openbao',
  version: '2.6.2',
  multiplier: 1,
  seed: '7f3a',
  argv: ['run', 'leader-crash', '--seed', '7f3a'],
  objectives: [
    { kind: 'rto', id: 'rto', limitMs: 5000, stableCount: 10, holdDownMs: 2000, source: 'HLD:876' },
    { kind: 'rpo', id: 'rpo', lostWrites: 0, source: 'HLD:877' },
    { kind: 'consistency', id: 'consistency', contract: 'strict' },
  ],
  claims: [{ source: 'HLD:875', says: 'latency spike below 1 s', of: 'rto', limitMs: 1000 }],
  expects: [],
  mustObserve: ['leader-changed', 'write-refused-or-unknown'],
  probed: true,
  standbyReads: 'local',
  nodes: NODES,
  repro: './drill run leader-crash --seed 7f3a --product openbao',
}

export type MadeOutage = {
  readonly fromMs: number
  readonly toMs: number
  /** Refused at once, or hung until the deadline or the end of the outage. */
  readonly how?: 'refused' | 'hung'
}

export function madeRun({
  frozen = {},
  outages = [{ fromMs: FAULT_PROVEN_MS, toMs: SERVICE_BACK_MS }],
  intervalMs = INTERVAL_MS,
}: {
  readonly frozen?: Partial<Frozen>
  readonly outages?: readonly MadeOutage[]
  /** Of the judged lanes. */
  readonly intervalMs?: number
} = {}): MadeRun {
  const run: MadeRun = {
    journal: madeJournal({ ...madeFrozen, ...frozen }),
    writes: [],
    probes: [],
    reads: [],
    ops: [],
    loads: [],
  }
  const lanes: LaneInfo[] = [
    lane('write', 'write', 'balancer', intervalMs, true),
    lane('read', 'read', 'balancer', intervalMs, true),
    lane('fresh-read', 'fresh-read', 'balancer', Math.max(50, intervalMs), false),
    ...NODES.map((node) =>
      lane(`health-${node}`, 'health', node, Math.max(50, 4 * intervalMs), false),
    ),
  ]
  run.probes.push({ t: ns(450), kind: 'lanes', data: { lanes, firstSlotAt: ns(450), pid: 4711 } })
  for (const info of lanes) addSamples(run, info, outages)
  for (let ms = 1000; ms < READ_BACK_MS; ms += 1000) {
    const data = { cpuMsPerS: 210, rssMiB: 84, loopDelayP99Ms: 11.2 }
    run.probes.push({ t: ns(ms), kind: 'usage', data })
  }
  run.probes.sort((a, b) => a.t - b.t)
  run.writes.sort((a, b) => a.t - b.t)
  const answers = run.writes.flatMap((line) => (line.kind === 'answer' ? [line.data] : []))
  run.reads.push(...madeReadBack(answers, READ_BACK_MS))
  const workload = madeWorkload({
    nodes: NODES,
    fromMs: 450,
    toMs: 11_000,
    readOutMs: READ_BACK_MS + 410,
    outages,
  })
  run.ops.push(...workload.ops)
  run.reads.push(...workload.reads)
  return run
}

const lane = (
  name: string,
  kind: LaneInfo['kind'],
  target: string,
  intervalMs: number,
  judged: boolean,
): LaneInfo => ({ lane: name, kind, judged, target, intervalMs, deadlineMs: 1000 })

function madeJournal(frozen: Frozen): MadeRun['journal'] {
  const lines: MadeRun['journal'] = []
  const at = <K extends JournalKind>(ms: number, kind: K, data: JournalData[K]): void => {
    lines.push({ t: ns(ms), kind, data } as MadeLine<JournalData>)
  }
  const fault = { fault: 'f1', name: 'SIGKILL', target: 'vault-1' }
  const started = MADE_WALL_MS
  at(0, 'frozen', frozen)
  at(10, 'phase', { name: 'start' })
  at(20, 'clock', { wallMs: started + 20, t: ns(20) })
  at(100, 'cluster.ready', {
    leader: 'vault-1',
    voters: NODES,
    sealType: 'awskms',
    kmsEncrypts: 3,
    parts: { containers: 61, init: 22 },
  })
  at(200, 'phase', { name: 'calibrate' })
  const errorsMs = [
    1.2, 2.4, 0.8, 3.1, 2.2, 1.9, 4.4, 2.7, 1.1, 3.3, 2.9, 1.6, 2, 3.6, 1.4, 2.6, 0.9, 1.8, 4.1,
    2.3,
  ]
  at(300, 'calibration', { errorsMs, worstMs: 4.4 })
  at(400, 'phase', { name: 'steady' })
  at(420, 'gate', {
    id: 'clean-start',
    kind: 'soundness',
    guards: [],
    held: true,
    reason: 'three settled voters, no residue, a write passes the balancer',
  })
  at(5600, 'phase', { name: 'body' })
  at(5700, 'fault.planned', {
    ...fault,
    plan: { target: 'vault-1' },
    undo: 'undo/f1.json',
    final: false,
  })
  at(5810, 'fault.injected', { ...fault, issued: ns(FAULT_ISSUED_MS), proven: ns(FAULT_PROVEN_MS) })
  at(5900, 'fault.witnessed', { ...fault, witness: 'exit code 137' })
  at(5910, 'clock', { wallMs: started + 5910, t: ns(5910) })
  at(7500, 'wait.happened', { what: 'another node leads', waitedMs: 1600 })
  at(10_800, 'stable', { since: ns(SERVICE_BACK_MS) })
  at(11_000, 'phase', { name: 'heal' })
  at(11_600, 'fault.healed', { ...fault, residue: [] })
  at(11_700, 'phase', { name: 'converge' })
  at(11_900, 'converged', {
    voters: 3,
    appliedIndexes: { 'vault-1': 612, 'vault-2': 612, 'vault-3': 612 },
  })
  at(READ_BACK_MS, 'phase', { name: 'read-back' })
  at(12_500, 'phase', { name: 'collect' })
  at(12_550, 'clock', { wallMs: started + 12_550, t: ns(12_550) })
  at(12_600, 'ended', {})
  return lines
}

/** Writes a made run as the product would, and returns the seal of its journal. */
export function writeRun(directory: string, run: MadeRun): Seal {
  mkdirSync(directory, { recursive: true })
  const write = (file: string, lines: readonly Unchained[]): Seal => {
    const { bytes, seal } = madeChain(file, lines)
    writeFileSync(join(directory, file), bytes, { flag: 'wx' })
    return seal
  }
  const streams = [
    [WRITES_FILE, run.writes],
    [PROBES_FILE, run.probes],
    [READS_FILE, run.reads],
    [OPERATIONS_FILE, run.ops],
  ] as const
  const seals = streams.flatMap(([file, lines]) => (lines.length === 0 ? [] : [write(file, lines)]))
  const base = MADE_WALL_MS
  const wall = (t: Ns): string => new Date(base + t / NS_PER_MS).toISOString()
  const samples = run.loads.map(({ started, lines }) => {
    mkdirSync(join(directory, 'k6'), { recursive: true })
    const bytes = gzipSync(lines.map((line) => `${line}\n`).join(''))
    writeFileSync(join(directory, started.samples), bytes, { flag: 'wx' })
    return { file: started.samples, lines: lines.length, head: hash('sha256', bytes, 'hex') }
  })
  const entries = journalWith(run).flatMap((line) => {
    // The files are closed when the run is being collected, just before it ends.
    const closed = line.kind !== 'ended' ? [] : [...seals, ...samples]
    const stamps = { t: line.t, wall: wall(line.t) }
    return [
      ...closed.map((data) => ({ ...stamps, kind: 'file.closed', data })),
      { ...stamps, kind: line.kind, data: line.data },
    ]
  })
  return write(JOURNAL_FILE, entries)
}

/** The journal of a made run with what it tells of its loads. */
export const journalWith = ({ journal, loads }: MadeRun): MadeRun['journal'] =>
  [
    ...journal,
    ...loads.flatMap(({ started, startedMs, ended, endedMs }) => [
      { t: ns(startedMs), kind: 'load.started' as const, data: started },
      { t: ns(endedMs), kind: 'load.ended' as const, data: ended },
    ]),
  ].toSorted((a, b) => a.t - b.t)

/** The record of a made run, by way of the disk as in real life. */
export async function recordOf(run: MadeRun): Promise<RunRecord> {
  const directory = mkdtempSync(join(tmpdir(), 'made-run-'))
  try {
    writeRun(join(directory, 'leader-crash'), run)
    return await readRecord(join(directory, 'leader-crash'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
