import { availableParallelism } from 'node:os'
import type { LoadOperation } from '../journal/entry.ts'
import type { Duration } from '../lib/duration.ts'

/**
 * What a load generator is to send, as data; the scripts that send it are in `load/`. An open
 * model sends each request at its time, a closed one waits for the answer to the one before.
 */
export type Traffic = {
  /** Names it in the record. */
  readonly load: string
  readonly script: 'steady' | 'closed' | 'arrival' | 'burst' | 'growth' | 'tenants'
  readonly model: 'open' | 'closed'
  /** Of an open model: requests a second, all operations together; of `tenants` sessions. */
  readonly ratePerS: number
  /** What a document has for it, where it is sent more slowly than that. */
  readonly documentedPerS?: number
  /** Of a closed model. */
  readonly users: number
  /** How many of so many requests are of an operation, whole numbers. */
  readonly mix: Mix
  readonly tenants: number
  readonly burst?: Burst
  /** Absent: as long as the scenario needs it. */
  readonly lasts?: Duration
}

export type Mix = Readonly<Partial<Record<LoadOperation, number>>>

/** So many times the rate, so long after the beginning, for so long. */
export type Burst = { readonly times: number; readonly after: Duration; readonly lasts: Duration }

/** HLD:1003-1040: ten reads to one write, the mix of its load test. */
const DOCUMENTED: Mix = { read: 10, write: 1 }
const USERS = 100
/** HLD:1004: 100 users who wait 0.1 to 1 s between two requests, 0.55 s on average. */
const RATE_PER_S = 180

type Length = { readonly lasts?: Duration | undefined }

/**
 * The load test of the design (HLD:988-1073), its arrivals at a constant rate; at a lower one than
 * the design's it says so.
 */
export const steady = ({
  lasts,
  ratePerS = RATE_PER_S,
}: Length & { readonly ratePerS?: number } = {}): Traffic => ({
  load: 'open',
  script: 'steady',
  model: 'open',
  ratePerS,
  ...(ratePerS < RATE_PER_S ? { documentedPerS: RATE_PER_S } : {}),
  users: 0,
  mix: DOCUMENTED,
  tenants: USERS,
  ...(lasts === undefined ? {} : { lasts }),
})

/** The load test of the design as it is written; it is never judged. */
export const closed = ({ lasts }: Length = {}): Traffic => ({
  ...steady({ lasts }),
  load: 'closed',
  script: 'closed',
  model: 'closed',
  ratePerS: 0,
  users: USERS,
})

/**
 * Requests a second that a core carries beside its share of the rest: three servers, the balancer,
 * proxies, lanes and clients (docs/decisions/load-beside-lanes.md).
 */
const BESIDE_LANES_PER_CORE = 30

type BesideLanes = {
  /** Of what the machine carries, where two loads share it; 0…1. */
  readonly share?: number
  readonly cores?: number
}

/** The same where lanes and clients run beside it: on a small machine as much of it as that carries. */
export const steadyBesideLanes = ({ lasts, ...given }: BesideLanes & Length = {}): Traffic =>
  steady({ lasts, ratePerS: besideLanesPerS(given) })

/** As many of the design's users as send that. */
export const closedBesideLanes = (given: BesideLanes = {}): Traffic => ({
  ...closed(),
  users: Math.round((USERS * besideLanesPerS(given)) / RATE_PER_S),
})

const besideLanesPerS = ({ share = 1, cores = availableParallelism() }: BesideLanes): number =>
  Math.round(share * Math.min(RATE_PER_S, cores * BESIDE_LANES_PER_CORE))

type Arrival = Length & {
  readonly ratePerS: number
  readonly mix: Mix
  readonly tenants?: number
}

/** A given mix at a constant arrival rate. */
export const arrival = ({ tenants = USERS, ratePerS, mix, lasts }: Arrival): Traffic => ({
  load: 'open',
  script: 'arrival',
  model: 'open',
  ratePerS,
  users: 0,
  mix,
  tenants,
  ...(lasts === undefined ? {} : { lasts }),
})

/**
 * Of so many tenants, with lists of all of them; half of the requests, so that their p99 can be
 * told after some twenty seconds.
 */
export const growth = ({
  tenants,
  ratePerS,
  lasts,
}: Length & { readonly tenants: number; readonly ratePerS: number }): Traffic => ({
  ...arrival({ ratePerS, tenants, lasts, mix: { read: 10, list: 12, write: 2 } }),
  load: `tenants-${tenants}`,
  script: 'growth',
})

/** The same with a burst in it. */
export const burst = ({ burst: given, ...rest }: Arrival & { readonly burst: Burst }): Traffic => ({
  ...arrival(rest),
  script: 'burst',
  burst: given,
})

/** Tenants in turn log in, read, write, list, write what they delete then; each six requests. */
export const sessions = ({
  tenants,
  ratePerS,
  lasts,
}: Length & { readonly tenants: number; readonly ratePerS: number }): Traffic => ({
  ...arrival({
    ratePerS,
    tenants,
    lasts,
    mix: { login: 1, read: 1, write: 2, list: 1, delete: 1 },
  }),
  script: 'tenants',
})

/** The operations that it sends. */
export const operationsIn = ({ mix }: Traffic): readonly LoadOperation[] =>
  Object.keys(mix) as LoadOperation[]

/** Iterations that an open model begins in so long, when none is dropped. */
export function plannedOf({ ratePerS, burst }: Traffic, durationMs: number): number {
  const more = burst === undefined ? 0 : (burst.times - 1) * ratePerS * burst.lasts.ms
  return Math.round((ratePerS * durationMs + more) / 1000)
}
