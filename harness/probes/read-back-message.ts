import type { Seal } from '../journal/chain.ts'
import type { ReadData, ReadState } from '../journal/entry.ts'
import type { ProbeTarget } from './probe-message.ts'

/** What parent and read-back process tell each other. */

export const READS_FILE = 'reads.jsonl'

export type ToReadBack =
  | {
      readonly do: 'configure'
      readonly clockBase: string
      readonly directory: string
      /** Absent: TLS is off. */
      readonly ca?: string
      readonly token: string
    }
  | {
      readonly do: 'pass'
      readonly target: ProbeTarget
      readonly as: ReadData['pass']['as']
      readonly withinMs: number
    }
  | { readonly do: 'stop' }

export type FromReadBack =
  | ({ readonly said: 'configured' } & LedgerSize)
  | { readonly said: 'passed'; readonly result: PassResult }
  | { readonly said: 'stopped'; readonly seal: Seal }

export type LedgerSize = {
  /** Numbered writes that were sent, whatever became of them. */
  readonly writes: number
  /** Of the register workload; 0 when there was none. */
  readonly registers: number
  /** Where a record stops being readable, if one does: what follows was not read back. */
  readonly broken?: string
}

/** How many reads gave what; `altered` are present with another content or damaged. */
export type PassResult = Readonly<Record<ReadState, number>> & {
  readonly node: string
  readonly altered: number
  /** Whose value was asked for; absent without a register workload. */
  readonly registerVersions?: number
  readonly elapsedMs: number
}
