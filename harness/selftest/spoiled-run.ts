import { type Made, type MadeOptions, madeHistory } from '../consistency/made-history.ts'
import { MUTATIONS, type Mutation, type MutationName } from '../consistency/made-mutations.ts'
import type { JournalData, JournalKind } from '../journal/entry.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Seed } from '../lib/seed.ts'
import { type MadeRun, madeRun } from '../objectives/made-record.ts'
import type { RecordPlant } from './defect.ts'
import { recordOf } from './memory-record.ts'

type Plant = RecordPlant['plant']
type MadeRunOptions = NonNullable<Parameters<typeof madeRun>[0]>

/** Makes one thing of a good run wrong. */
export type Spoil = (run: MadeRun, seed: Seed) => void

/** The good run, whose outage is as long as the seed says, and something wrong in it. */
export const spoiledRun =
  (spoil: Spoil, options: MadeRunOptions = {}): Plant =>
  (seed) => {
    const run = madeRun({ ...outageFrom(seed), ...options })
    spoil(run, seed)
    return recordOf(run)
  }

/** A record that is spoiled where only the reader of files can be. */
export const spoiledRecord =
  (spoil: (record: RunRecord, seed: Seed) => RunRecord): Plant =>
  (seed) =>
    spoil(recordOf(madeRun(outageFrom(seed))), seed)

/** The good run with a made history of its registers, and something wrong in that. */
export const spoiledHistory =
  (mutation: MutationName | Mutation | undefined, options: Partial<MadeOptions> = {}): Plant =>
  (seed) =>
    withHistory(recordOf(madeRun(outageFrom(seed))), mutated(seed, mutation, options))

/**
 * The first made history from this seed on that has a place for the mutation, and an acknowledged
 * delete where there are deletes: seven of six thousand have none, and are no good histories, because
 * the gate `operations` asks for each kind.
 */
function mutated(
  seed: Seed,
  mutation: MutationName | Mutation | undefined,
  options: Partial<MadeOptions>,
): Made {
  const change = typeof mutation === 'string' ? MUTATIONS[mutation] : mutation
  const first = Math.floor(seed.fraction('history') * 2 ** 31)
  for (let number = first; number < first + PLACES_TRIED; number++) {
    const made = madeHistory(number, { operations: 240, ...options })
    if (made.options.deletes && !made.history.ops.some(isDeleted)) continue
    const changed = change === undefined ? made : change(made, number)
    if (changed !== undefined) return changed
  }
  const name = typeof mutation === 'string' ? mutation : mutation?.name
  throw new Error(`no made history has a place for "${name}"`)
}

const PLACES_TRIED = 20

const isDeleted = ({ f, out }: Made['history']['ops'][number]): boolean =>
  f === 'delete' && out.t === 'ack'

/** More operations on one register than the search may take steps. */
const LONG = { operations: 3000, operationsPerKey: 3000, keys: 1, tenants: 1, deletes: false }

/** A spoiled history of one busy register, beside a good one of others in which there are deletes. */
export const longHistory =
  (mutation: MutationName | Mutation): Plant =>
  (seed) => {
    const others = mutated(seed, undefined, {})
    const made = together(mutated(seed, mutation, LONG), others)
    return withHistory(recordOf(madeRun(outageFrom(seed))), made)
  }

/** Both at once; the registers, operations and clients of the second one get other names. */
function together(one: Made, other: Made): Made {
  const renamed = (key: string) => `${key}-beside`
  const added = other.history.ops.map((op) => ({
    ...op,
    i: op.i + BESIDE,
    client: op.client + BESIDE,
    stream: op.stream + BESIDE,
    key: renamed(op.key),
  }))
  const ops = [...one.history.ops, ...added].sort((a, b) => a.call - b.call || a.i - b.i)
  const readOuts = one.readOuts.map((readOut, i) => {
    const beside = [...(other.readOuts[i]?.registers ?? [])]
    const registers = new Map(readOut.registers)
    for (const [key, register] of beside) registers.set(renamed(key), register)
    return { ...readOut, registers }
  })
  return { ...one, history: { ...one.history, ops }, readOuts }
}

const BESIDE = 1_000_000

const withHistory = (record: RunRecord, { history, readOuts }: Made): RunRecord => ({
  ...record,
  // As fast as it was: that it was too slow is another defect.
  history: { ...history, operationsPerSecond: 1 },
  readOuts,
})

/** The service is back between 7.2 and 8.2 s, 1.4 to 2.4 s after the fault. */
function outageFrom(seed: Seed): MadeRunOptions {
  return { outages: [{ fromMs: 5805, toMs: 7200 + Math.round(seed.fraction('back') * 1000) }] }
}

// --- spoils that many defects need ---------------------------------------------------------

export const dropping =
  (kind: JournalKind): Spoil =>
  (run) => {
    run.journal = run.journal.filter((line) => line.kind !== kind)
  }

export const changing =
  <K extends JournalKind>(
    kind: K,
    change: (data: JournalData[K], seed: Seed) => JournalData[K],
  ): Spoil =>
  (run, seed) => {
    run.journal = run.journal.map((line) =>
      line.kind === kind ? { ...line, data: change(line.data as JournalData[K], seed) } : line,
    ) as MadeRun['journal']
  }

/** Just before the journal ends. */
export const adding =
  <K extends JournalKind>(kind: K, data: JournalData[K]): Spoil =>
  (run) => {
    const line = { t: run.journal.at(-2)?.t ?? 0, kind, data }
    run.journal.splice(-1, 0, line as MadeRun['journal'][number])
  }

/** Numbers of the acknowledged writes, in order. */
export const acknowledgedIn = (run: MadeRun): readonly number[] =>
  run.writes.flatMap((line) =>
    line.kind === 'answer' && line.data.outcome === 'acknowledged' ? [line.data.n] : [],
  )

/** What the read-back says of one write, on every node or on one. */
export function reading(run: MadeRun, n: number, change: object, onlyOn?: string): void {
  run.reads = run.reads.map((line) =>
    line.kind === 'read' && line.data.n === n && (onlyOn ?? line.data.node) === line.data.node
      ? { ...line, data: { ...line.data, ...change } }
      : line,
  )
}
