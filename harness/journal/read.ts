import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ns } from '../lib/clock.ts'
import { ChainBroken, type Line, readChain, type Seal } from './chain.ts'
import {
  type Entry,
  FORMAT_VERSION,
  type Frozen,
  type ProbeData,
  type ProbeEntry,
  type ReadEntry,
  type WriteEntry,
} from './entry.ts'
import { JOURNAL_FILE } from './journal.ts'
import { type Ledger, LedgerBuilder } from './ledger.ts'
import { ReadBackBuilder, type ReadPass } from './read-back.ts'
import { LaneBuilder, type LaneSamples } from './samples.ts'

/**
 * A scenario's directory as one value: all that judging needs, and nothing that is not in the
 * files. Files are streamed; samples end as columns, so a file of 1 GiB fits.
 */

export const WRITES_FILE = 'writes.jsonl'
export const PROBES_FILE = 'probes.jsonl'
export const READS_FILE = 'reads.jsonl'
const STREAMS = [WRITES_FILE, PROBES_FILE, READS_FILE]

/** A file that is not as it was written. What came before the damage was read. */
export type Damage = { readonly file: string; readonly line: number; readonly message: string }

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
export async function readRecord(directory: string): Promise<RunRecord> {
  const damage: Damage[] = []
  const seals: Seal[] = []
  const keep = (seal: Seal | undefined): void => {
    if (seal !== undefined) seals.push(seal)
  }

  const entries: Entry[] = []
  const journal = join(directory, JOURNAL_FILE)
  if (!existsSync(journal)) throw new NotARecord(directory, `has no ${JOURNAL_FILE}`)
  keep(
    await readFile(journal, undefined, damage, (line) => {
      // Notes are for people; a journal may hold millions and no verdict needs one.
      if (line.kind !== 'note') entries.push(line as Entry)
    }),
  )
  const frozen = frozenOf(directory, entries, damage)

  const sealOf = new Map<string, Seal>()
  for (const entry of entries) {
    if (entry.kind === 'file.closed') sealOf.set(entry.data.file, entry.data)
  }
  const unsealed: string[] = []
  const readStream = async (file: string, take: (line: Line) => void): Promise<boolean> => {
    const seal = sealOf.get(file)
    const path = join(directory, file)
    if (!existsSync(path)) {
      if (seal !== undefined) {
        const message = `${file}: is missing, but the journal recorded ${seal.lines} lines`
        damage.push({ file, line: 1, message })
      }
      return false
    }
    if (seal === undefined) unsealed.push(file)
    keep(await readFile(path, seal, damage, take))
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
    else if (entry.kind === 'usage') usage.push({ ...entry.data, t: entry.t })
    else if (entry.kind === 'lanes') {
      probePid = entry.data.pid
      for (const info of entry.data.lanes) lanes.set(info.lane, new LaneBuilder(info))
    }
  })

  const reads = new ReadBackBuilder()
  await readStream(READS_FILE, (line) => reads.add(line as ReadEntry))

  // Sealed files without a place in the record above are still part of the evidence.
  for (const file of sealOf.keys()) {
    if (!STREAMS.includes(file)) await readStream(file, () => {})
  }

  return {
    directory: basename(directory),
    frozen,
    entries,
    lanes: [...lanes.values()].map((lane) => lane.finish()),
    ...(probePid === undefined ? {} : { probePid }),
    usage,
    ...(hasLedger ? { ledger: writes.finish() } : {}),
    passes: reads.finish(),
    seals,
    unsealed,
    damage,
  }
}

async function readFile(
  path: string,
  seal: Seal | undefined,
  damage: Damage[],
  take: (line: Line) => void,
): Promise<Seal | undefined> {
  const lines = readChain(path, seal)
  try {
    while (true) {
      const next = await lines.next()
      if (next.done === true) return next.value
      take(next.value)
    }
  } catch (error) {
    if (!(error instanceof ChainBroken)) throw error
    damage.push({ file: error.file, line: error.line, message: error.message })
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
