import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadData, ReadState, WriteData } from '../journal/entry.ts'
import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import { type Headers, HttpTarget, RequestFailed, type Tls } from '../lib/http.ts'
import { readResult } from './outcome.ts'
import { isIntact } from './value.ts'

export type NumberedWrite = Pick<WriteData['sent'], 'n' | 'path' | 'hash'>

export type ReadPassOptions = {
  readonly node: string
  readonly address: { readonly host: string; readonly port: number }
  readonly tls: Tls | undefined
  readonly headers: Headers
  readonly writes: readonly NumberedWrite[]
  readonly within: Duration
  /** Every write once, in no particular order. */
  readonly onRead: (read: ReadData['read']) => void
}

/** `altered` are those whose content is not the one that was written, or is damaged. */
export type ReadCounts = Record<ReadState, number> & { altered: number }

const AT_ONCE = 16
const READ_WITHIN = seconds(2)
/** A read is no write: what said nothing is asked again, in rounds. */
const ROUNDS = 3
const ROUND_PAUSE = milliseconds(400)

/** Reads every numbered write from one address, over connections opened for it. */
export async function readAll(options: ReadPassOptions): Promise<ReadCounts> {
  const { address, tls, within, writes, onRead } = options
  const counts = { present: 0, absent: 0, deleted: 0, unreadable: 0, altered: 0 }
  const report = ({ read, isDamaged }: Found) => {
    counts[read.state]++
    if (isDamaged || read.intact === false) counts.altered++
    onRead(read)
  }
  const target = new HttpTarget(address, { tls, connections: AT_ONCE })
  const endsAtMs = performance.now() + within.ms
  let open = new Map<NumberedWrite, Found>()
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      if (round > 1) {
        if (open.size === 0 || performance.now() + ROUND_PAUSE.ms >= endsAtMs) break
        await sleep(ROUND_PAUSE.ms)
      }
      const before = open
      open = new Map()
      await atOnce(AT_ONCE, round === 1 ? writes : before.keys(), async (write) => {
        const leftMs = endsAtMs - performance.now()
        const found =
          leftMs > 0
            ? await readOne(target, write, round, Math.min(leftMs, READ_WITHIN.ms), options)
            : (before.get(write) ?? neverAsked(write, options))
        if (found.saysSomething) report(found)
        else open.set(write, found)
      })
    }
  } finally {
    await target.close()
  }
  for (const found of open.values()) report(found)
  return counts
}

type Found = {
  readonly read: ReadData['read']
  /** Whether asking again could not change it. */
  readonly saysSomething: boolean
  readonly isDamaged?: boolean
}

async function readOne(
  target: HttpTarget,
  { n, path, hash }: NumberedWrite,
  round: number,
  withinMs: number,
  { node, headers }: ReadPassOptions,
): Promise<Found> {
  const within = milliseconds(Math.ceil(withinMs))
  const seen = await target
    .request({ method: 'GET', path, headers, within })
    .catch((error: unknown) => {
      if (error instanceof RequestFailed) return error
      throw error
    })
  const status = seen instanceof RequestFailed ? {} : { status: seen.status }
  const result = readResult(seen)
  switch (result.seen) {
    case 'value': {
      const { version, value } = result
      const intact = isIntact(value, hash)
      return {
        read: { n, node, state: 'present', version, intact, ...status },
        saysSomething: true,
      }
    }
    case 'deleted': {
      const { version } = result
      return { read: { n, node, state: 'deleted', version, ...status }, saysSomething: true }
    }
    case 'absent':
      return { read: { n, node, state: 'absent', ...status }, saysSomething: true }
    case 'damaged': {
      const read = { n, node, state: 'unreadable', ...status, why: result.why } as const
      return { read, saysSomething: true, isDamaged: true }
    }
    case 'nothing': {
      const why = round === 1 ? result.why : `${result.why}, asked ${round} times`
      return { read: { n, node, state: 'unreadable', ...status, why }, saysSomething: false }
    }
  }
}

function neverAsked({ n }: NumberedWrite, { node, within }: ReadPassOptions): Found {
  const why = `not asked: the pass was over after ${formatDuration(within)}`
  return { read: { n, node, state: 'unreadable', why }, saysSomething: false }
}

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
