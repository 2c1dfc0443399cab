import type { Seal } from '../journal/chain.ts'
import type { Ns } from '../lib/clock.ts'
import type { Address } from '../lib/http.ts'
import type { ProbeStatus } from './live-status.ts'

/** What parent and probe process tell each other. Only JSON: the base of the clock is text. */

/** An address to dial, and the name its certificate carries. */
export type ProbeTarget = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly servername: string
}

/** The target at an address, dialled directly; its certificate carries its name. */
export const targetAt = ({
  name,
  address,
}: {
  readonly name: string
  readonly address: Address
}): ProbeTarget => ({ name, host: address.host, port: address.port, servername: name })

/** Hertz per lane. */
export type ProbeRates = {
  readonly write: number
  readonly read: number
  readonly fresh: number
  readonly health: number
}

export type Canary = { readonly path: string; readonly hash: string }

export type ProbeConfiguration = {
  readonly clockBase: string
  readonly directory: string
  readonly balancer: ProbeTarget
  readonly nodes: readonly ProbeTarget[]
  /** Absent: TLS is off. */
  readonly ca?: string
  readonly token: string
  readonly prefix: string
  readonly canary: Canary
  readonly rates: ProbeRates
}

export type ToProbe =
  | { readonly do: 'configure'; readonly configuration: ProbeConfiguration }
  | {
      readonly do: 'calibrate'
      readonly target: ProbeTarget
      readonly ca?: string
      readonly canary: Canary
    }
  | { readonly do: 'end-calibration' }
  | { readonly do: 'start' }
  | { readonly do: 'stop-writes' }
  | { readonly do: 'stop' }

export type FromProbe =
  | { readonly said: 'configured' }
  /** The calibration lane runs and has seen its server good. */
  | { readonly said: 'calibrating' }
  | { readonly said: 'calibrated'; readonly samples: readonly CalibrationSample[] }
  | { readonly said: 'started' }
  | { readonly said: 'status'; readonly status: ProbeStatus }
  | { readonly said: 'writes-stopped' }
  | { readonly said: 'stopped'; readonly seals: readonly Seal[]; readonly written: number }

export type CalibrationSample = { readonly call: Ns; readonly ret: Ns; readonly ok: boolean }

export const PROBES_FILE = 'probes.jsonl'
/** The ledger. */
export const WRITES_FILE = 'writes.jsonl'
