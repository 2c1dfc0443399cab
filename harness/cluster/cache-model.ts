/**
 * What the numbers of the design imply for its cache (HLD:753-764, 1062-1073), calculated: reads
 * and writes come independently of each other, and each credential is as popular as the others.
 */

export type CacheUse = {
  /** Of all instances of the application together. */
  readonly readsPerS: number
  readonly writesPerS: number
  readonly credentials: number
  /** Each has a cache of its own, and forgets what it wrote itself. */
  readonly instances: number
  readonly ttlMs: number
}

/**
 * The share of reads that find an entry. One read fetches it, those that come until it ends find
 * it: it ends with its time to live or the instance's next write to it, whichever comes first.
 */
export function hitRatio({
  readsPerS,
  writesPerS,
  credentials,
  instances,
  ttlMs,
}: CacheUse): number {
  const of = credentials * instances
  const [reads, writes, ttlS] = [readsPerS / of, writesPerS / of, ttlMs / 1000]
  const lastsS = writes === 0 ? ttlS : (1 - Math.exp(-writes * ttlS)) / writes
  return (reads * lastsS) / (1 + reads * lastsS)
}

/**
 * The share of reads that entries of all ages still answer in a total outage of this length, of
 * the application's reads in it. Nothing can be fetched, so each entry answers until it ends.
 */
export function bridgedShare({ outageMs, ttlMs }: { outageMs: number; ttlMs: number }): number {
  return outageMs <= ttlMs ? 1 - outageMs / (2 * ttlMs) : ttlMs / (2 * outageMs)
}
