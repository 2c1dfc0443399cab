import type { Ns } from '../lib/clock.ts'
import type { Line } from './chain.ts'

/** The register workload as its file has it: ops.jsonl, a line per call and one per return. */

export const OPERATIONS_FILE = 'ops.jsonl'

export type OperationKind = 'read' | 'write' | 'delete' | 'snapshot' | 'restore'

/**
 * What an answer proves about one operation on a register.
 * @see docs/decisions/two-checkers.md
 */
export type OperationOutcome =
  /**
   * Of a write: the version it made. Of a read: the version and the id of the write whose value
   * it is; `val: null` without a version: there was no secret; `deleted`: the version is deleted.
   */
  | {
      readonly t: 'ack'
      readonly ver?: number
      readonly val?: string | null
      readonly deleted?: true
    }
  /** Not applied, and an observation: the version was another than the one expected. */
  | { readonly t: 'casfail' }
  /** Certainly not applied. */
  | { readonly t: 'refused'; readonly why: string }
  /** A change that may be applied now, later or never; a read that learnt nothing. */
  | { readonly t: 'unknown'; readonly why: string }
  /** A read that found damage: another's value, a wrong checksum, a version without its data. */
  | { readonly t: 'corrupt'; readonly why: string }

export type OperationData = {
  workload: {
    readonly pid: number
    readonly clients: number
    /** Of all clients together, as aimed at. */
    readonly operationsPerSecond: number
    readonly seed: string
  }
  /** On disk before the request is sent. */
  call: {
    /** Number of the operation, from 1; its `return` has the same. */
    readonly i: number
    readonly client: number
    /** One thread of operations one after another; after an unknown one a client takes a new. */
    readonly stream: number
    readonly tenant: string
    /** The register: its name in the API, below `/v1/secret/data/`. */
    readonly key: string
    readonly f: OperationKind
    /** Carried by the value that a write writes: tells whose value a read found. */
    readonly op?: string
    /** The version that a conditional write expects. */
    readonly cas?: number
    readonly path: string
    readonly conn: 'fresh' | 'keepalive'
    readonly intended: Ns
    readonly call: Ns
  }
  return: {
    readonly i: number
    readonly ret: Ns
    readonly out: OperationOutcome
    readonly status?: number
  }
}
export type OperationEntry = {
  [K in keyof OperationData]: Line<K, OperationData[K]>
}[keyof OperationData]
