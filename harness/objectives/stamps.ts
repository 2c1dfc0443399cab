import { OPERATIONS_FILE } from '../journal/operation.ts'
import { PROBES_FILE, type RunRecord } from '../journal/read.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import { startOf } from './phase-span.ts'

/**
 * Whether the processes of a run count from one instant. What probe and workload stamped lies
 * between the journal's word that they may begin and its word that their file is closed; a process
 * with another base is off by some of it, and its recovery times with it.
 * @returns the first contradiction, as people read it; `undefined`: there is none.
 */
export function stampOutOfTime(record: RunRecord): string | undefined {
  const { entries, lanes, history } = record
  const begun = startOf(entries, 'settle') ?? startOf(entries, 'start') ?? 0
  const closedAt = (file: string): Ns =>
    entries.find(
      ({ kind, data }) => kind === 'file.closed' && (data as { file: string }).file === file,
    )?.t ?? Number.POSITIVE_INFINITY
  const spans = [
    ...lanes.flatMap(({ info, count, call, ret }) =>
      count === 0
        ? []
        : [{ who: `lane ${info.lane}`, from: call[0] as Ns, to: largest(ret), file: PROBES_FILE }],
    ),
    ...(history === undefined || history.ops.length === 0
      ? []
      : [
          {
            who: 'the workload',
            from: history.ops[0]?.call ?? 0,
            to: largest(history.ops.map(({ ret }) => ret).filter(Number.isFinite)),
            file: OPERATIONS_FILE,
          },
        ]),
  ]
  for (const { who, from, to, file } of spans) {
    if (from < begun) return `${who} began ${short(begun - from)} before the journal let it`
    const closed = closedAt(file)
    if (to > closed) return `${who} was answered ${short(to - closed)} after ${file} was closed`
  }
  return loadOutOfTime(record)
}

/** How far a wall clock of whole milliseconds may be from the run's. */
const PLACED_WITHIN = 25 * NS_PER_MS

/** A generator stamps by the wall clock, in a container: another clock shows by its life. */
function loadOutOfTime({ loads }: RunRecord): string | undefined {
  for (const { started, startedAt, endedAt, life } of loads) {
    if (life === undefined) continue
    const who = `load "${started.load}"`
    const early = startedAt - life.from
    if (early > PLACED_WITHIN) return `${who} sent ${short(early)} before it was started`
    const late = life.to - (endedAt ?? Number.POSITIVE_INFINITY)
    if (late > PLACED_WITHIN) return `${who} was answered ${short(late)} after it had ended`
  }
  return undefined
}

const short = (ns: Ns): string => formatDuration({ ms: ns / NS_PER_MS })

function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) if (value > most) most = value
  return most
}
