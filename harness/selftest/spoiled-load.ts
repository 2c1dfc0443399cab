import { milliseconds } from '../lib/duration.ts'
import type { Seed } from '../lib/seed.ts'
import { type MadeLoad, type MadeLoadOptions, madeLoad } from '../objectives/made-load.ts'
import { FAULT_ISSUED_MS, madeRun, SERVICE_BACK_MS } from '../objectives/made-record.ts'
import { slo } from '../objectives/slo.ts'
import type { RecordPlant } from './defect.ts'
import { recordOf } from './memory-record.ts'

/** What the good load promises, and keeps. */
const PROMISES = [
  slo({ op: 'all', p99: milliseconds(50), phases: ['after'] }),
  slo({ op: 'all', errors: 0.01, phases: ['after'] }),
]

const GOOD: MadeLoadOptions = {
  objectives: PROMISES,
  outages: [{ fromMs: FAULT_ISSUED_MS, toMs: SERVICE_BACK_MS, how: 'hung' }],
}

let good: MadeLoad | undefined

/** Made once: fifteen thousand lines take longer than all that is done to them. */
function goodLoad(): MadeLoad {
  good ??= madeLoad(GOOD)
  return { ...good }
}

/** Lines are replaced, never added to: the good ones serve many records. */
export type SpoilLoad = (load: MadeLoad, seed: Seed) => void

/** The good run with a good load beside it, and something wrong in that. */
export const spoiledLoad =
  (spoil: SpoilLoad, options?: (seed: Seed) => MadeLoadOptions): RecordPlant['plant'] =>
  (seed) => {
    const run = madeRun({ frozen: { objectives: PROMISES, claims: [], mustObserve: [] } })
    const load = options === undefined ? goodLoad() : madeLoad({ ...GOOD, ...options(seed) })
    spoil(load, seed)
    run.loads.push(load)
    return recordOf(run)
  }

type Summary = NonNullable<MadeLoad['ended']['summary']>

/** Another summary than k6 would have written. */
export const summing =
  (change: (summary: Summary, seed: Seed) => Summary): SpoilLoad =>
  (load, seed) => {
    const { summary } = load.ended
    if (summary !== undefined) load.ended = { ...load.ended, summary: change(summary, seed) }
  }

/** Other thresholds than k6 was told of. */
export const evaluating = (
  change: (thresholds: Record<string, Record<string, boolean>>) => void,
): SpoilLoad =>
  summing((summary) => {
    const thresholds = structuredClone(summary.thresholds) as Record<
      string,
      Record<string, boolean>
    >
    change(thresholds)
    return { ...summary, thresholds }
  })
