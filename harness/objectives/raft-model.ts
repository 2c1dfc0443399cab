/**
 * How long Raft needs to replace a leader that was killed, as a model of hashicorp/raft 1.7.3
 * (`runFollower`, `raft.go`) in the way both products use it.
 *
 * A follower looks at a timer of its own, period uniform in one to two timeouts, and becomes a
 * candidate when the last word of the leader is a timeout old by then. Until it does, it refuses
 * its vote, so a majority must have lost patience: of three nodes both survivors, the maximum of
 * two; of five with four survivors the third of them.
 *
 * A node that has just started runs with timeouts three times as long, for a time uniform in
 * three to six heartbeat timeouts: `initialTimeoutMultiplier` and the timer behind "triggering
 * raft config reload due to initial timeout" (`physical/raft/raft.go`, Vault 1.21.0, OpenBao
 * 2.6.2 alike; seen in the nodes' own log). Then the timer is looked at once more at once.
 */

const INITIAL_MULTIPLIER = 3
/** Of the settled model; 0.8 would be possible and was never drawn in 200,000. */
const FASTEST = 0.86
/** Raft starts so long after the server's process: 0.14 to 0.24 s, now and then 0.9 s. */
const RAFT_STARTS_AFTER_MS = 200
const RAFT_STARTS_AFTER_AT_MOST_MS = 1000
const DRAWS = 20_000

/** The age from which a node's process certainly has its normal timeouts again. */
export const settledAgeMs = (heartbeatMs: number): number =>
  2 * INITIAL_MULTIPLIER * heartbeatMs + RAFT_STARTS_AFTER_AT_MOST_MS

export type Expected = {
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** What the model says about one kill. */
export type Waits = {
  readonly expected: Expected
  /** Share of the draws that are at most so long, 0…1. */
  readonly shareUpTo: (ms: number) => number
}

/**
 * The time from the kill until enough survivors have lost patience, in milliseconds.
 * @param agesMs of the survivors' processes at the kill; `undefined` counts as settled.
 * @param nodes of the cluster, also those that were down already.
 */
export function electionWaits(
  heartbeatMs: number,
  agesMs: readonly (number | undefined)[],
  nodes = 3,
): Waits {
  const ages = agesMs.map((age) =>
    age === undefined || age >= settledAgeMs(heartbeatMs)
      ? undefined
      : Math.max(0, age - RAFT_STARTS_AFTER_MS) / heartbeatMs,
  )
  const key = [heartbeatMs, nodes, ...ages].join()
  const waits = DRAWN.get(key) ?? drawn(heartbeatMs, ages, Math.floor(nodes / 2) + 1)
  if (ages.every((age) => age === undefined)) DRAWN.set(key, waits)
  return waits
}

/** Most crashes are of settled nodes, and drawing takes 30 ms. */
const DRAWN = new Map<string, Waits>()

function drawn(
  heartbeatMs: number,
  ages: readonly (number | undefined)[],
  majority: number,
): Waits {
  const random = generator(0x7f3a)
  const needed = Math.min(majority, ages.length)
  const draws = Float64Array.from({ length: DRAWS }, () => {
    const patiences = ages.map((age) => patience(age, random)).sort((a, b) => a - b)
    return patiences[needed - 1] as number
  }).sort()
  const at = (share: number): number =>
    Math.round((draws[Math.ceil(share * DRAWS) - 1] as number) * heartbeatMs)
  return {
    expected: {
      min: Math.round(FASTEST * heartbeatMs),
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
    },
    shareUpTo: (ms) => draws.filter((draw) => draw * heartbeatMs <= ms).length / DRAWS,
  }
}

type Random = () => number

/**
 * One survivor's patience, in heartbeat timeouts; `age` since its Raft started.
 * Heartbeats come every tenth to two tenths of a timeout.
 */
function patience(age: number | undefined, random: Random): number {
  const lastContact = residual(0.1, random)
  if (age === undefined) {
    let look = residual(1, random)
    while (look + lastContact < 1) look += 1 + random()
    return look
  }
  const reload = INITIAL_MULTIPLIER * (1 + random())
  let timeout = INITIAL_MULTIPLIER
  let look = timeout * (1 + random())
  while (true) {
    if (timeout > 1 && look >= reload) {
      timeout = 1
      look = reload
    }
    if (look >= age && look - age + lastContact >= timeout) return look - age
    look += timeout * (1 + random())
  }
}

/**
 * What is left, at an arbitrary instant, of an interval uniform in [shortest, 2 × shortest]:
 * such an instant falls into long intervals more often than into short ones.
 */
function residual(shortest: number, random: Random): number {
  let length: number
  do length = 1 + random()
  while (random() > length / 2)
  return shortest * length * random()
}

/** The same numbers in every judgement, or `judge` would not find the same verdict again. */
function generator(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
