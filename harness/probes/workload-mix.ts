import type { Seed } from '../lib/seed.ts'
import type { RegisterClass } from './register-pool.ts'

/** What the clients of the workload do, drawn from the run's seed: the same again for a replay. */

export type What = 'read' | 'write' | 'cas' | 'delete'

type Shares<T extends string> = Readonly<Record<T, number>>

/** How often a group's slots are for which class; with the mixes below: 50/35/10/5. */
const CLASSES: Shares<RegisterClass> = { hot: 0.35, warm: 0.45, deletable: 0.2 }
const MIX: Shares<What> = { read: 0.525, write: 0.3625, cas: 0.1125, delete: 0 }
const MIXES: Readonly<Record<RegisterClass, Shares<What>>> = {
  hot: MIX,
  warm: MIX,
  deletable: { read: 0.4, write: 0.3, cas: 0.05, delete: 0.25 },
}
/** Of the conditional writes: these expect a version that is over, and must be refused. */
const STALE = 0.2

/** One slot of one client. */
type Mine = { readonly seed: Seed; readonly client: number; readonly slot: number }

/** The same for a whole group, so that its clients meet on a hot register. */
export const classAt = ({
  seed,
  tenant,
  slot,
}: {
  readonly seed: Seed
  readonly tenant: string
  readonly slot: number
}): RegisterClass => drawn(CLASSES, seed.fraction(`workload/${tenant}/${slot}/class`))

/** In [0, 1): which register of the class. */
export const whichAt = (mine: Mine): number => fraction(mine, 'register')

export const whatAt = (mine: Mine, kind: RegisterClass): What =>
  drawn(MIXES[kind], fraction(mine, 'what'))

export const isStaleAt = (mine: Mine): boolean => fraction(mine, 'stale') < STALE

const fraction = ({ seed, client, slot }: Mine, purpose: string): number =>
  seed.fraction(`workload/client ${client}/${slot}/${purpose}`)

function drawn<T extends string>(shares: Shares<T>, fraction: number): T {
  let left = fraction
  const names = Object.keys(shares) as T[]
  for (const name of names) {
    left -= shares[name]
    if (left < 0) return name
  }
  return names[0] as T // the shares' sum is one, but for its last bit
}
