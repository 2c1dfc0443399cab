import type { ReadData, ReadState, WriteData } from '../journal/entry.ts'
import type { Duration } from '../lib/duration.ts'
import { type Headers, HttpTarget, RequestFailed, type Tls } from '../lib/http.ts'
import { readResult } from './outcome.ts'
import { AT_ONCE, askedInVain, type Found, inRounds, overAfter, seenAt } from './read-rounds.ts'
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

type FoundWrite = Found<ReadData['read']> & { readonly isDamaged?: boolean }

/** Reads every numbered write from one address, over connections opened for it. */
export async function readAll(options: ReadPassOptions): Promise<ReadCounts> {
  const { node, address, tls, headers, within, writes, onRead } = options
  const counts = { present: 0, absent: 0, deleted: 0, unreadable: 0, altered: 0 }
  const target = new HttpTarget(address, { tls, connections: AT_ONCE })
  try {
    await inRounds<NumberedWrite, FoundWrite>(writes, {
      endsAtMs: performance.now() + within.ms,
      ask: async (write, how) => {
        const seen = await seenAt(target, write.path, { headers, within: how.within })
        const status = seen instanceof RequestFailed ? {} : { status: seen.status }
        return found({ n: write.n, node, ...status }, readResult(seen), write, how.round)
      },
      neverAsked: ({ n }) => ({
        read: { n, node, state: 'unreadable', why: overAfter(within) },
        saysSomething: false,
      }),
      report: ({ read, isDamaged }) => {
        counts[read.state]++
        if (isDamaged === true || read.intact === false) counts.altered++
        onRead(read)
      },
    })
  } finally {
    await target.close()
  }
  return counts
}

function found(
  about: Pick<ReadData['read'], 'n' | 'node' | 'status'>,
  result: ReturnType<typeof readResult>,
  { hash }: NumberedWrite,
  round: number,
): FoundWrite {
  switch (result.seen) {
    case 'value': {
      const { version, value } = result
      const intact = isIntact(value, hash)
      return { read: { ...about, state: 'present', version, intact }, saysSomething: true }
    }
    case 'deleted': {
      const { version } = result
      return { read: { ...about, state: 'deleted', version }, saysSomething: true }
    }
    case 'absent':
      return { read: { ...about, state: 'absent' }, saysSomething: true }
    case 'damaged': {
      const read = { ...about, state: 'unreadable', why: result.why } as const
      return { read, saysSomething: true, isDamaged: true }
    }
    case 'nothing': {
      const why = askedInVain(result.why, round)
      return { read: { ...about, state: 'unreadable', why }, saysSomething: false }
    }
  }
}
