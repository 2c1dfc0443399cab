import type { JournalData, JournalKind, ObjectiveSpec, ReadData } from '../journal/entry.ts'
import type { OperationData, OperationOutcome } from '../journal/operation.ts'
import { judgeScenario } from './judge.ts'
import { type MadeLine, type MadeRun, madeFrozen, madeRun, ns, recordOf } from './made-record.ts'
import type { StableRule } from './recovery.ts'
import type { Verdict } from './verdict.ts'

/** The good run of `made-record.ts`, spoiled by one thing. */
export type Spoil = (run: MadeRun) => void

export const judged = async (
  spoil: Spoil = () => {},
  made: MadeRun = madeRun(),
): Promise<Verdict> => {
  spoil(made)
  return judgeScenario(await recordOf(made))
}

export const without =
  (kind: JournalKind): Spoil =>
  (run) => {
    run.journal = run.journal.filter((line) => line.kind !== kind)
  }

export const adding =
  <K extends JournalKind>(atMs: number, kind: K, data: JournalData[K]): Spoil =>
  (run) => {
    const at = run.journal.findIndex(({ t }) => t > ns(atMs))
    run.journal.splice(at, 0, { t: ns(atMs), kind, data } as MadeLine<JournalData>)
  }

export const changing =
  <K extends JournalKind>(kind: K, change: (data: JournalData[K]) => JournalData[K]): Spoil =>
  (run) => {
    for (const line of run.journal) {
      if (line.kind === kind) line.data = change(line.data as JournalData[K])
    }
  }

export const reading =
  (n: number, node: string, change: object): Spoil =>
  (run) => {
    for (const line of run.reads) {
      if (line.kind === 'read' && line.data.n === n && line.data.node === node) {
        line.data = { n, node, state: 'present', ...change }
      }
    }
  }

export const frozen = (change: Partial<typeof madeFrozen>): Spoil =>
  changing('frozen', (data) => ({ ...data, ...change }))
export const objectives = (...specs: readonly ObjectiveSpec[]): Spoil =>
  frozen({ objectives: specs })
export const both =
  (...spoils: readonly Spoil[]): Spoil =>
  (run) => {
    for (const spoil of spoils) spoil(run)
  }

export const rtoWithin = (
  limitMs: number,
  rule: StableRule = { stableCount: 10, holdDownMs: 2000 },
): ObjectiveSpec => ({ kind: 'rto', id: 'rto', limitMs, ...rule })
/** The promises of the good run. */
export const [rtoSpec, rpoSpec] = madeFrozen.objectives as readonly [ObjectiveSpec, ObjectiveSpec]
export const lostWrite = reading(30, 'vault-2', { state: 'absent', status: 404 })

/** Changes what was recorded of one operation of the register workload, by its number. */
export const answering =
  (i: number, out: OperationOutcome): Spoil =>
  (run) => {
    run.ops = run.ops.map((line) =>
      line.kind === 'return' && line.data.i === i ? { ...line, data: { ...line.data, out } } : line,
    )
  }

/** Leaves lines of the register workload out. */
export const withoutOps =
  (leftOut: (line: MadeLine<OperationData>) => boolean): Spoil =>
  (run) => {
    run.ops = run.ops.filter((line) => !leftOut(line))
  }

/** The first operation of the made workload like this, in order of time. */
export function operation(
  run: MadeRun,
  like: (call: OperationData['call'], out: OperationOutcome) => boolean,
): OperationData['call'] {
  const outs = new Map(
    run.ops.flatMap((line) => (line.kind === 'return' ? [[line.data.i, line.data.out]] : [])),
  )
  for (const line of run.ops) {
    const out = line.kind === 'call' ? outs.get(line.data.i) : undefined
    if (line.kind === 'call' && out !== undefined && like(line.data, out)) return line.data
  }
  throw new Error('the made workload has no such operation')
}

/** Changes what the read-out has of versions of registers. */
export const rereading =
  (change: (data: ReadData['version']) => Partial<ReadData['version']> | undefined): Spoil =>
  (run) => {
    run.reads = run.reads.map((line) =>
      line.kind === 'version' ? { ...line, data: { ...line.data, ...change(line.data) } } : line,
    )
  }
