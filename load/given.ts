import type { Mix } from './mix.ts'
import type { Objective } from './slo.ts'

/**
 * What the harness puts beside a script before k6 starts: the numbers in `given.json`, the token
 * in a file of its own, and where tenants log in their credentials. Nothing of it is an argument
 * or in the environment. These scripts run in k6, import nothing of the harness, and the harness
 * imports nothing of them: the shapes here and in harness/probes/load-files.ts are told to each
 * other in JSON.
 */

export type Given = {
  /** Of the service, as in its certificate: `https://balancer:8200`. */
  readonly url: string
  /** The address that the name in it stands for, and no resolver is asked. */
  readonly ip: string
  readonly ratePerS: number
  readonly users: number
  readonly durationMs: number
  /** Of one request. */
  readonly timeoutMs: number
  readonly mix: Mix
  readonly burst?: { readonly times: number; readonly afterMs: number; readonly lastsMs: number }
  /** Ids, served in turn. */
  readonly tenants: readonly string[]
  readonly objectives: readonly Objective[]
  /** Path of the file that k6 writes at its end. */
  readonly summary: string
}

export type Credentials = { readonly role_id: string; readonly secret_id: string }

export const given = JSON.parse(open('./given.json')) as Given

/** For everything but a tenant's own session. */
export const token = open('./token').trim()
