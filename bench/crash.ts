import { basename } from 'node:path'
import { loadCatalogue, select } from '../harness/catalogue.ts'
import { readRecord } from '../harness/journal/read.ts'
import { median } from '../harness/lib/percentile.ts'
import { phaseSpans } from '../harness/objectives/phase-span.ts'
import type { Verdict } from '../harness/objectives/verdict.ts'
import type { Measure } from './arms.ts'
import { againstModel, cost, seconds, soundReadings, told } from './distribution.ts'
import { quietRun } from './quiet-run.ts'
import type { BenchOptions } from './with-stage.ts'

/**
 * The leader is killed again and again on warm clusters, and every kill is judged on its own as
 * in `./drill run leader-crash`: what the verdicts are, how the recovery times lie beside Raft's
 * timers, and what a judgement costs. For a distribution alone `kills.ts` is cheaper.
 */
export async function benchCrash({ product, n, signal, say }: BenchOptions): Promise<Measure> {
  const judged: Judged[] = []
  let sinceMs = performance.now()
  const { directory } = await quietRun({
    selected: select(await loadCatalogue(), 'leader-crash'),
    product,
    repeat: n,
    bench: 'crash',
    signal,
    onVerdict: (verdict, scenario) => {
      const wallMs = performance.now() - sinceMs
      sinceMs = performance.now()
      judged.push({ verdict, directory: scenario, wallMs })
      const [reading] = verdict.oracle ?? []
      const crash = reading === undefined ? 'no crash of a leader' : told(reading)
      say(`${judged.length}/${n} ${verdict.verdict}: ${crash}; wall ${seconds(wallMs)} s`)
    },
  })
  say(`the records are in ${directory}`)
  const counts = countsOf(judged)
  const words = Object.entries(counts).map(([word, of]) => `${of} ${word}`)
  say(`verdicts: ${words.join(', ')}`)
  for (const { verdict, directory: scenario } of judged) {
    const { verdict: word, why } = verdict
    if (word !== 'passed') say(`  ${basename(scenario)} ${word}: ${why}`)
  }
  say(`median of each part: ${await partsOf(judged)}`)
  const readings = soundReadings(judged.map(({ verdict }) => verdict))
  const walls = judged.map(({ wallMs }) => wallMs)
  const { more = [], ...measure } = againstModel(readings)
  const wall = cost('judgement', 'a judgement : one failure of roachtest, reported', walls)
  return { ...measure, counts, more: [...more, wall] }
}

type Judged = { readonly verdict: Verdict; readonly directory: string; readonly wallMs: number }

function countsOf(judged: readonly Judged[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { passed: 0, failed: 0 }
  for (const { verdict } of judged) {
    const { verdict: word, cause } = verdict
    const name = cause === undefined ? word : `${word} (${cause})`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Where the time between two kills goes; the first one also starts the cluster. */
async function partsOf(judged: readonly Judged[]): Promise<string> {
  const parts = new Map<string, number[]>()
  const add = (name: string, ms: number): void => {
    parts.set(name, [...(parts.get(name) ?? []), ms])
  }
  for (const { directory, wallMs } of judged.slice(judged.length > 1 ? 1 : 0)) {
    const { entries } = await readRecord(directory)
    const sums = new Map<string, number>()
    for (const { name, from, to } of phaseSpans(entries)) {
      sums.set(name, (sums.get(name) ?? 0) + (to - from) / 1e6)
    }
    for (const [name, ms] of sums) add(name, ms)
    add('judging', wallMs - (entries.at(-1)?.t ?? 0) / 1e6)
  }
  return [...parts].map(([name, ms]) => `${name} ${seconds(median(ms))} s`).join(', ')
}
