import { RequestFailed } from '../lib/http.ts'
import type { CallOptions, VaultClient } from './client.ts'

/** What a node says about itself without a token; also sealed, uninitialised or removed. */
export type Health = {
  readonly node: string
  readonly status: number
  readonly state: HealthState
  /** Absent on a node that is sealed, and in answers that are not Vault's. */
  readonly clusterId?: string
  readonly version?: string
}

export type HealthState =
  | 'leader'
  | 'standby'
  | 'standby without leader'
  | 'disaster recovery secondary'
  | 'performance standby'
  | 'uninitialized'
  | 'sealed'
  | 'removed'
  | 'failing'

/** The meaning of each default status (`sys/health`, HLD:793-804). */
const STATES: Readonly<Record<number, HealthState>> = {
  200: 'leader',
  429: 'standby',
  472: 'disaster recovery secondary',
  473: 'performance standby',
  474: 'standby without leader',
  500: 'failing',
  501: 'uninitialized',
  503: 'sealed',
  530: 'removed',
}

/**
 * `GET sys/health` of this node. A standby that lost its leader still answers 429 in OpenBao,
 * so `standby` does not promise that anyone leads.
 * @throws {RequestFailed} when the node does not answer at all.
 */
export async function readHealth(client: VaultClient, options: CallOptions = {}): Promise<Health> {
  const { status, body } = await client.request<
    { cluster_id?: string; version?: string } | undefined
  >('GET', 'sys/health', { ...options, accept: () => true })
  return {
    node: client.node,
    status,
    state: STATES[status] ?? 'failing',
    ...(body?.cluster_id ? { clusterId: body.cluster_id } : {}),
    ...(body?.version ? { version: body.version } : {}),
  }
}

/** The same, or `undefined` of a node that does not answer. */
export async function healthIfAny(
  client: VaultClient,
  options: CallOptions = {},
): Promise<Health | undefined> {
  return readHealth(client, options).catch((error) => {
    if (error instanceof RequestFailed) return undefined
    throw error
  })
}

/** Whether it says that it is unsealed and one of the cluster, as leader or as standby. */
export const serves = (health: Pick<Health, 'state'> | undefined): boolean =>
  health?.state === 'leader' || health?.state === 'standby'

/** One line for a journal or a wait that is not over: `vault-2 is sealed (503)`. */
export const describeHealth = ({ node, state, status }: Health): string =>
  `${node} is ${state} (${status})`

/** The raw body of `sys/health`, for questions about its fields. */
export async function healthBody(
  client: VaultClient,
  options: CallOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await client.request<Record<string, unknown> | undefined>('GET', 'sys/health', {
    ...options,
    accept: () => true,
  })
  return body ?? {}
}

/** What a standby answers when it may count as good: `?standbyok=true`. */
export async function healthWithStandbyOk(
  client: VaultClient,
  options: CallOptions = {},
): Promise<number> {
  const { status } = await client.request('GET', 'sys/health', {
    ...options,
    query: { standbyok: true },
    accept: () => true,
  })
  return status
}
