import type { Line } from './chain.ts'

/** What the read-back finds, as its file has it: reads.jsonl, the numbered writes and registers. */

export type ReadState = 'present' | 'absent' | 'deleted' | 'unreadable'

export type ReadData = {
  /** One pass over all numbered writes on one node or through the balancer. */
  pass: {
    readonly node: string
    readonly as: 'balancer' | 'leader' | 'standby'
    readonly writes: number
    readonly pid: number
  }
  read: {
    readonly n: number
    readonly node: string
    readonly state: ReadState
    readonly version?: number
    /** Whether content and its own checksum are those that were written. */
    readonly intact?: boolean
    readonly status?: number
    readonly why?: string
  }
  'pass.ended': { readonly node: string; readonly read: number }
  /** One register as a node has it: the versions that its metadata lists. */
  register: {
    readonly node: string
    readonly key: string
    readonly state: 'present' | 'absent' | 'unreadable'
    readonly current: number
    readonly versions: readonly {
      readonly version: number
      readonly deleted?: true
      readonly destroyed?: true
    }[]
    readonly why?: string
  }
  /** One version of a register. */
  version: {
    readonly node: string
    readonly key: string
    readonly version: number
    readonly state: ReadState
    /** Id of the write whose value it is. */
    readonly op?: string
    readonly intact?: boolean
    readonly why?: string
  }
  'registers.ended': {
    readonly node: string
    readonly keys: number
    /** Versions whose value was asked for, of so many that the metadata lists. */
    readonly versions: number
    readonly listed?: number
    /** `doubtful`: there were too many for all, see `register-versions.ts`. */
    readonly chosen?: 'all' | 'doubtful' | 'latest'
  }
}
export type ReadEntry = { [K in keyof ReadData]: Line<K, ReadData[K]> }[keyof ReadData]
