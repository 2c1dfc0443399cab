import type { Entry, ReadEntry, WriteEntry } from '../journal/entry.ts'
import { HistoryBuilder } from '../journal/history.ts'
import { LedgerBuilder } from '../journal/ledger.ts'
import { LoadClock } from '../journal/load-clock.ts'
import { loadSpans } from '../journal/load-phases.ts'
import { LoadBuilder, type LoadSamples } from '../journal/load-samples.ts'
import type { OperationEntry } from '../journal/operation.ts'
import type { ProbeUsage, RunRecord } from '../journal/read.ts'
import { ReadBackBuilder } from '../journal/read-back.ts'
import { ReadOutBuilder } from '../journal/read-out.ts'
import { LaneBuilder } from '../journal/samples.ts'
import type { MadeLoad } from '../objectives/made-load.ts'
import { journalWith, type MadeLine, type MadeRun, ns } from '../objectives/made-record.ts'

/**
 * The record of a made run without a disk in between: a thousand of them take seconds. What
 * only files can show, which is broken chains and missing ends, it does not have.
 */
export function recordOf(run: MadeRun): RunRecord {
  const [frozen] = run.journal
  if (frozen?.kind !== 'frozen') throw new Error('a made run begins with its promise')
  const ledger = new LedgerBuilder()
  for (const line of run.writes) ledger.add(lineOf(line) as WriteEntry)
  const reads = new ReadBackBuilder()
  const readOuts = new ReadOutBuilder()
  for (const line of run.reads) {
    reads.add(lineOf(line) as ReadEntry)
    readOuts.add(lineOf(line) as ReadEntry)
  }
  const operations = new HistoryBuilder()
  for (const line of run.ops) operations.add(lineOf(line) as OperationEntry)
  const history = operations.finish()
  const entries = journalWith(run).map((line) => lineOf(line) as Entry)
  return {
    directory: 'made',
    frozen: frozen.data,
    entries,
    ...probed(run.probes),
    ledger: ledger.finish(),
    passes: reads.finish(),
    ...(history === undefined ? {} : { history }),
    readOuts: readOuts.finish(),
    loads: run.loads.map((load) => loadIn(entries, load)),
    seals: [],
    unsealed: [],
    damage: [],
  }
}

function probed(
  lines: MadeRun['probes'],
): Pick<RunRecord, 'lanes' | 'usage'> & { readonly probePid?: number } {
  const lanes = new Map<string, LaneBuilder>()
  const usage: ProbeUsage[] = []
  let pid: number | undefined
  for (const { kind, data, t } of lines) {
    if (kind === 'sample') lanes.get(data.lane)?.add(data)
    else if (kind === 'usage') usage.push({ ...data, t })
    else if (kind === 'lanes') {
      pid = data.pid
      for (const info of data.lanes) lanes.set(info.lane, new LaneBuilder(info))
    }
  }
  return {
    lanes: [...lanes.values()].map((lane) => lane.finish()),
    usage,
    ...(pid === undefined ? {} : { probePid: pid }),
  }
}

/** Number and chain are the files'; no rule looks at them. */
const lineOf = ({ t, kind, data }: MadeLine<Record<string, unknown>>) => ({
  seq: 0,
  t,
  kind,
  data,
  prev: '',
})

/** By the lines that were read, in which many records of the self-test do not differ. */
const READ = new WeakMap<readonly string[], LoadSamples>()

function loadIn(
  entries: readonly Entry[],
  { started, startedMs, ended, endedMs, lines }: MadeLoad,
): LoadSamples {
  const place = { started, startedAt: ns(startedMs), spans: loadSpans(entries) }
  const end = ended.load === started.load ? { ended, endedAt: ns(endedMs) } : {}
  const { ended: _, endedAt: _at, ...known } = READ.get(lines) ?? read(place, entries, lines)
  READ.set(lines, known)
  return { ...known, ...place, ...end }
}

function read(
  place: ConstructorParameters<typeof LoadBuilder>[0],
  entries: readonly Entry[],
  lines: readonly string[],
): LoadSamples {
  const builder = new LoadBuilder(place, new LoadClock(entries))
  for (const line of lines) builder.take(Buffer.from(line))
  return builder.finish(undefined, undefined)
}
