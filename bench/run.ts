import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalogue, select } from '../harness/catalogue.ts'
import type { Entry, ProbeEntry } from '../harness/journal/entry.ts'
import { median, percentile } from '../harness/lib/percentile.ts'
import { type Measure, ratioOf } from './arms.ts'
import { quietRun } from './quiet-run.ts'
import type { BenchOptions } from './with-stage.ts'

/**
 * A warm `run leader-crash`, phase by phase: the harness's own share is what is neither a wait
 * for the servers nor a dwell that the method asks for (settling, steady state, hold-down).
 */
export async function benchRun({ product, n, signal, say }: BenchOptions): Promise<Measure> {
  const selected = select(await loadCatalogue(), 'leader-crash')
  const walls: number[] = []
  const own: number[] = []
  for (let i = 0; i < n; i++) {
    const startedMs = performance.now()
    const { directory } = await quietRun({
      selected,
      product,
      bench: 'run',
      signal,
    })
    const wallMs = performance.now() - startedMs
    const spans = spansOf(linesOf<Entry>(join(directory, 'leader-crash', 'journal.jsonl')))
    const waitedMs = spans.reduce((sum, { notOwnMs }) => sum + notOwnMs, 0)
    walls.push(wallMs)
    own.push(wallMs - waitedMs)
    const text = spans.map(
      ({ name, ms, notOwnMs }) => `${name} ${seconds(ms)} (own ${seconds(ms - notOwnMs)})`,
    )
    say(
      `run ${i + 1}: wall ${seconds(wallMs)} s, own ${seconds(wallMs - waitedMs)} s; ${text.join(', ')}`,
    )
    say(`       ${resources(linesOf<ProbeEntry>(join(directory, 'leader-crash', 'probes.jsonl')))}`)
  }
  return {
    name: 'run',
    goal: "the harness's own share of the wall time; wall ≤ 45 s",
    ratio: ratioOf(own, walls),
    arms: {
      ours: { name: 'own', ms: own, median: median(own) },
      theirs: { name: 'wall', ms: walls, median: median(walls) },
    },
    n,
  }
}

type Span = { readonly name: string; readonly ms: number; readonly notOwnMs: number }

/** Which parts of the boot are the servers' own time, by the names of `cluster.ready`. */
const SERVER_PARTS = ['kms', 'init', 'joined', 'voters']

function spansOf(entries: readonly Entry[]): readonly Span[] {
  const phases = entries.filter((entry) => entry.kind === 'phase')
  const end = entries.at(-1)?.t ?? 0
  return phases.map(({ t, data }, i) => {
    const until = phases[i + 1]?.t ?? end
    const inside = entries.filter((entry) => entry.t >= t && entry.t < until)
    const ms = (until - t) / 1e6
    return { name: data.name, ms, notOwnMs: Math.min(ms, notOwn(data.name, ms, inside)) }
  })
}

function notOwn(phase: string, ms: number, entries: readonly Entry[]): number {
  if (phase === 'steady' || phase === 'body' || phase === 'converge') return ms
  if (phase !== 'start') return 0
  const ready = entries.find((entry) => entry.kind === 'cluster.ready')
  const parts = ready?.kind === 'cluster.ready' ? ready.data.parts : {}
  return SERVER_PARTS.reduce((sum, part) => sum + (parts[part] ?? 0), 0)
}

function resources(entries: readonly ProbeEntry[]): string {
  const usage = entries.filter((entry) => entry.kind === 'usage').map(({ data }) => data)
  const cpu = usage.map(({ cpuMsPerS }) => cpuMsPerS / 10)
  const rss = Math.max(...usage.map(({ rssMiB }) => rssMiB))
  const ownRss = process.resourceUsage().maxRSS / 1024
  return `probe: ${median(cpu).toFixed(0)} % of a core (p95 ${percentile(cpu, 95).toFixed(0)} %), ${rss.toFixed(0)} MiB; harness: at most ${ownRss.toFixed(0)} MiB`
}

const linesOf = <T>(path: string): readonly T[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const seconds = (ms: number): string => (ms / 1000).toFixed(1)
