import { NS_PER_MS } from '../lib/clock.ts'
import { type Duration, formatDuration, minutes, seconds } from '../lib/duration.ts'
import { bridgedShare, type CacheUse, hitRatio } from './cache-model.ts'
import type { CacheTalk, HitLatency } from './cache-talk.ts'

/** One thing that was looked at: the word that a check compares, and the numbers behind it. */
export type Finding = { readonly word: string; readonly inWords: string }

/** Of HLD:1062-1073: 100 users, 0.1 to 1 s between two requests, ten reads to a write. */
export const DOCUMENTED_USE: CacheUse = {
  readsPerS: 165,
  writesPerS: 16.5,
  credentials: 100,
  instances: 1,
  ttlMs: minutes(5).ms,
}

/** HLD:748, in milliseconds. */
const HIT_LIMITS = { p50: 1, p99: 2, p999: 5 }
/** Below this P999 is one of a handful of hits. */
const ENOUGH_HITS = 10_000
/** Of all reads; chance moves the ratio of some thousand by less. */
const RATIO_WITHIN = 0.02
/** The entries are of all ages, but in steps, and a read that waits is counted when it began. */
const SHARE_WITHIN = 0.03
/** A cache that begins full of what nobody wrote to has the ratio of its use after this. */
const SETTLED = seconds(15)

/** How long hits take: `within`, or which percentile of HLD:748 does not hold. */
export function hitsOf(talk: CacheTalk, lane: string): Finding {
  const latency = talk.hitLatency(lane)
  const { hits, p50, p99, p999 } = latency
  const numbers = `P50 ${p50.toFixed(3)} ms, P99 ${p99.toFixed(3)} ms, P999 ${p999.toFixed(3)} ms`
  return { word: wordOf(latency), inWords: `${hits} hits: ${numbers}` }
}

function wordOf({ hits, ...measured }: HitLatency): string {
  if (hits < ENOUGH_HITS) return `only ${hits} hits, of which P999 says nothing`
  const names = ['p50', 'p99', 'p999'] as const
  const long = names.filter((name) => measured[name] >= HIT_LIMITS[name])
  if (long.length === 0) return 'within'
  return long.map((name) => `${name} ${measured[name].toFixed(2)} ms`).join(', ')
}

/** How often an entry is found: `as implied` by the documented use, or how often else. */
export function ratioOf(talk: CacheTalk, lane: string): Finding {
  const measured = talk.hitRatio(lane, talk.after(lane, SETTLED))
  const implied = hitRatio(DOCUMENTED_USE)
  const others: readonly (readonly [string, Partial<CacheUse>])[] = [
    ['ten instances', { instances: 10 }],
    ['a hundred', { instances: 100 }],
    ['one that only reads', { writesPerS: 0 }],
  ]
  const told = others.map(
    ([what, use]) => `${what} ${percent(hitRatio({ ...DOCUMENTED_USE, ...use }))}`,
  )
  return {
    word: Math.abs(measured - implied) <= RATIO_WITHIN ? 'as implied' : percent(measured),
    inWords: `hit ratio ${percent(measured)}, calculated ${percent(implied)}; calculated of ${told.join(', ')}`,
  }
}

/** The share of reads that a lane was answered while the lane without a cache was not. */
export function bridgingOf(talk: CacheTalk, lane: string, uncached: string): Finding {
  const outage = talk.failed(uncached)
  if (outage === undefined) return { word: 'no outage', inWords: 'no read failed without a cache' }
  const outageMs = (outage.to - outage.from) / NS_PER_MS
  const implied = bridgedShare({ outageMs, ttlMs: DOCUMENTED_USE.ttlMs })
  const measured = talk.answered(lane, outage).share
  const shares = talk.lanes.map((each) => `${each} ${percent(talk.answered(each, outage).share)}`)
  return {
    word: Math.abs(measured - implied) <= SHARE_WITHIN ? 'as implied' : percent(measured),
    inWords: `reads answered in the ${formatDuration({ ms: outageMs })} without Vault: ${shares.join(', ')}; calculated ${percent(implied)}`,
  }
}

/** How long something old was served: `as long` as its time to live, or how long else. */
export function staleness(ms: number | undefined, { ms: ttlMs }: Duration): string {
  if (ms === undefined) return 'never'
  // The entry was asked for some moments before the change.
  return ms <= ttlMs && ms > ttlMs - 1000 ? 'as long' : `for ${Math.round(ms)} ms`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
