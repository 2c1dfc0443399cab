import { lstatSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ns } from '../lib/clock.ts'
import { FileUnreadable } from '../lib/regular-file.ts'
import { ChainBroken, type Line, type Seal, scanChain } from './chain.ts'
import {
  type Entry,
  FORMAT_VERSION,
  type Frozen,
  type ProbeData,
  type ProbeEntry,
  type ReadEntry,
  type WriteEntry,
} from './entry.ts'
import { type History, HistoryBuilder } from './history.ts'
import { JOURNAL_FILE } from './journal.ts'
import { type Ledger, LedgerBuilder } from './ledger.ts'
import { isLoadFile } from './load.ts'
import type { LoadSamples } from './load-samples.ts'
import { readLoads } from './loads.ts'
import { OPERATIONS_FILE, type OperationEntry } from './operation.ts'
import { withOperator } from './operator-operations.ts'
import { ReadBackBuilder, type ReadPass } from './read-back.ts'
import { type ReadOut, ReadOutBuilder } from './read-out.ts'
import {
  type Damage,
  EntryKeeper,
  LANES_MAX,
  LineLimit,
  RECORD_LIMITS,
  type RecordLimits,
  USAGE_MAX,
} from './record-limits.ts'
import { LaneBuilder, type LaneSamples } from './samples.ts'

/**
 * A scenario's directory as one value: all that judging needs, and nothing that is not in the
 * files. Files are streamed; samples end as columns, so a file of 1 GiB fits. What is kept has a
 * limit in each file, so that no record can fill the memory.
 */

export const WRITES_FILE = 'writes.jsonl'
export const PROBES_FILE = 'probes.jsonl'
export const READS_FILE = 'reads.jsonl'
const STREAMS = [WRITES_FILE, PROBES_FILE, OPERATIONS_FILE, READS_FILE]

export type ProbeUsage = ProbeData['usage'] & { readonly t: Ns }

export type RunRecord = {
  readonly directory: string
  readonly frozen: Frozen
  readonly entries: readonly Entry[]
  readonly lanes: readonly LaneSamples[]
  readonly probePid?: number
  readonly usage: readonly ProbeUsage[]
  readonly ledger?: Ledger
  readonly passes: readonly ReadPass[]
  /** What the clients of the register workload did, and the operator; absent without a workload. */
  readonly history?: History
  /** The registers as each node had them after everything was over. */
  readonly readOuts: readonly ReadOut[]
  /** What each load generator measured; empty without one. */
  readonly loads: readonly LoadSamples[]
  /** What each file really holds, to be held against the seals kept elsewhere. */
  readonly seals: readonly Seal[]
  /** Files that no `file.closed` vouches for: their writer died. */
  readonly unsealed: readonly string[]
  readonly damage: readonly Damage[]
}

/**
 * Reads a scenario's directory and verifies every chain against the seals in the journal.
 * Damage is part of the answer, because a verdict must still be given.
 * @throws {NotARecord} when there is no journal, it is empty, or of another format.
 */
export async function readRecord(
  directory: string,
  limits: RecordLimits = RECORD_LIMITS,
): Promise<RunRecord> {
  const damage: Damage[] = []
  const seals: Seal[] = []
  const keep = (seal: Seal | undefined): void => {
    if (seal !== undefined) seals.push(seal)
  }

  const journal = join(directory, JOURNAL_FILE)
  if (!isThere(journal)) throw new NotARecord(directory, `has no ${JOURNAL_FILE}`)
  const entries = new EntryKeeper(limits)
  keep(
    await readFile(journal, undefined, damage, (line, length) => {
      entries.take(line as Entry, length)
    }),
  )
  const frozen = frozenOf(directory, entries.kept, damage)
  damage.push(...entries.finish())

  const sealOf = new Map(entries.seals.map((seal) => [seal.file, seal]))
  const unsealed: string[] = []
  const readStream = async (file: string, take: (line: Line) => void): Promise<boolean> => {
    const seal = sealOf.get(file)
    const path = join(directory, file)
    if (!isThere(path)) {
      if (seal !== undefined) {
        const message = `${file}: is missing, but the journal recorded ${seal.lines} lines`
        damage.push({ file, line: 1, message })
      }
      return false
    }
    if (seal === undefined) unsealed.push(file)
    const most = new LineLimit(file, limits.lines[file] ?? Number.POSITIVE_INFINITY, take)
    keep(await readFile(path, seal, damage, (line) => most.take(line)))
    damage.push(...most.finish())
    return true
  }

  const writes = new LedgerBuilder()
  const hasLedger = await readStream(WRITES_FILE, (line) => writes.add(line as WriteEntry))

  const lanes = new Map<string, LaneBuilder>()
  const usage: ProbeUsage[] = []
  let probePid: number | undefined
  await readStream(PROBES_FILE, (line) => {
    const entry = line as ProbeEntry
    if (entry.kind === 'sample') lanes.get(entry.data.lane)?.add(entry.data)
    else if (entry.kind === 'usage' && usage.length < USAGE_MAX) {
      usage.push({ ...entry.data, t: entry.t })
    } else if (entry.kind === 'lanes') {
      probePid = entry.data.pid
      for (const info of entry.data.lanes) lanes.set(info.lane, new LaneBuilder(info))
      if (lanes.size > LANES_MAX) throw new RangeError(`there are ${lanes.size} lanes`)
    }
  })

  const reads = new ReadBackBuilder()
  const readOuts = new ReadOutBuilder()
  await readStream(READS_FILE, (line) => {
    reads.add(line as ReadEntry)
    readOuts.add(line as ReadEntry)
  })

  const operations = new HistoryBuilder()
  await readStream(OPERATIONS_FILE, (line) => operations.add(line as OperationEntry))
  const history = withOperator(operations.finish(), entries.kept)

  const load = await readLoads(directory, entries.kept, sealOf)
  seals.push(...load.seals)
  unsealed.push(...load.unsealed)
  damage.push(...load.damage)

  // Sealed files without a place in the record above are still part of the evidence.
  for (const file of sealOf.keys()) {
    if (!STREAMS.includes(file) && !isLoadFile(file)) await readStream(file, () => {})
  }

  return {
    directory: basename(directory),
    frozen,
    entries: entries.kept,
    lanes: [...lanes.values()].map((lane) => lane.finish()),
    ...(probePid === undefined ? {} : { probePid }),
    usage,
    ...(hasLedger ? { ledger: writes.finish() } : {}),
    passes: reads.finish(),
    ...(history === undefined ? {} : { history }),
    readOuts: readOuts.finish(),
    loads: load.loads,
    seals,
    unsealed,
    damage,
  }
}

/** Also a link that leads nowhere is there. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

async function readFile(
  path: string,
  seal: Seal | undefined,
  damage: Damage[],
  take: (line: Line, length: number) => void,
): Promise<Seal | undefined> {
  const file = basename(path)
  const taking = (line: Line, length: number): void => {
    try {
      take(line, length)
    } catch (error) {
      // Its hash is right and its content is not: no version of this program wrote it so.
      throw new ChainBroken(file, line.seq + 1, `has another shape: ${(error as Error).message}`)
    }
  }
  try {
    return await scanChain(path, taking, seal)
  } catch (error) {
    if (error instanceof FileUnreadable) damage.push({ file, line: 1, message: error.message })
    else if (error instanceof ChainBroken) {
      damage.push({ file, line: error.line, message: error.message })
    } else throw error
    return undefined
  }
}

function frozenOf(directory: string, entries: readonly Entry[], damage: readonly Damage[]): Frozen {
  const first = entries[0]
  if (first === undefined) {
    throw new NotARecord(directory, damage[0]?.message ?? `${JOURNAL_FILE} is empty`)
  }
  if (first.kind !== 'frozen') {
    throw new NotARecord(directory, `${JOURNAL_FILE} begins with "${first.kind}", not "frozen"`)
  }
  const { format } = first.data
  if (format !== FORMAT_VERSION) throw new OtherFormat(directory, format)
  const { objectives, claims, expects, mustObserve, nodes } = first.data
  if (![objectives, claims, expects, mustObserve, nodes].every(Array.isArray)) {
    throw new NotARecord(directory, `${JOURNAL_FILE} begins with a promise that lacks a part`)
  }
  return first.data
}

/** The directory does not hold the record of a scenario. */
export class NotARecord extends Error {
  override readonly name = 'NotARecord'
  readonly directory: string
  constructor(directory: string, why: string) {
    super(`${basename(directory)} is no record of a scenario: ${why}`)
    this.directory = directory
  }
}

export class OtherFormat extends Error {
  override readonly name = 'OtherFormat'
  constructor(directory: string, format: unknown) {
    super(
      `${basename(directory)} was written in format ${String(format)}; this version reads format ${FORMAT_VERSION}`,
    )
  }
}
