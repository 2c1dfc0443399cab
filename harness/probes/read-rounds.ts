import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import { type Headers, type HttpTarget, RequestFailed } from '../lib/http.ts'
import type { Seen } from './outcome.ts'

/** How a read-back asks: many at once, and what said nothing again. */

export const AT_ONCE = 16
const READ_WITHIN = seconds(2)
/** A read is no write: what said nothing is asked again, in rounds. */
const ROUNDS = 3
const ROUND_PAUSE = milliseconds(400)

export type Found<T> = {
  readonly read: T
  /** Whether asking again could not change it. */
  readonly saysSomething: boolean
}

export type Rounds<Item, F> = {
  /** By `performance.now()`. */
  readonly endsAtMs: number
  readonly ask: (
    item: Item,
    how: { readonly round: number; readonly within: Duration },
  ) => Promise<F>
  /** Of an item whose turn did not come before the end. */
  readonly neverAsked: (item: Item) => F
  /** Every item once, in no particular order. */
  readonly report: (found: F, item: Item) => void
}

/** Asks about each item, and again about those that nothing was learnt of. */
export async function inRounds<Item, F extends Found<unknown>>(
  items: Iterable<Item>,
  { endsAtMs, ask, neverAsked, report }: Rounds<Item, F>,
): Promise<void> {
  let open = new Map<Item, F>()
  for (let round = 1; round <= ROUNDS; round++) {
    if (round > 1) {
      if (open.size === 0 || performance.now() + ROUND_PAUSE.ms >= endsAtMs) break
      await sleep(ROUND_PAUSE.ms)
    }
    const before = open
    open = new Map()
    await atOnce(AT_ONCE, round === 1 ? items : before.keys(), async (item) => {
      const leftMs = Math.ceil(endsAtMs - performance.now())
      const within = milliseconds(Math.max(1, Math.min(leftMs, READ_WITHIN.ms)))
      const found =
        leftMs > 0 ? await ask(item, { round, within }) : (before.get(item) ?? neverAsked(item))
      if (found.saysSomething) report(found, item)
      else open.set(item, found)
    })
  }
  for (const [item, found] of open) report(found, item)
}

/** One GET, whatever becomes of it. */
export async function seenAt(
  target: HttpTarget,
  path: string,
  { headers, within }: { readonly headers: Headers; readonly within: Duration },
): Promise<Seen> {
  return target.request({ method: 'GET', path, headers, within }).catch((error: unknown) => {
    if (error instanceof RequestFailed) return error
    throw error
  })
}

/** Why nothing is known, after so many rounds. */
export const askedInVain = (why: string, round: number): string =>
  round === 1 ? why : `${why}, asked ${round} times`

export const overAfter = (within: Duration): string =>
  `not asked: the pass was over after ${formatDuration(within)}`

async function atOnce<T>(
  count: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const worker = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: count }, worker))
}
