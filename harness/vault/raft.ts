import type { CallOptions, VaultClient } from './client.ts'

/** The Raft peer set and autopilot, as the leader has them. */

export type RaftPeer = {
  readonly node: string
  /** `cluster_addr` without its scheme. */
  readonly address: string
  readonly leader: boolean
  /** A joined node starts without a vote. */
  readonly voter: boolean
}

export type AutopilotState = {
  readonly healthy: boolean
  /** How many voters may be lost before writes stop. */
  readonly failureTolerance: number
  readonly leader: string
  readonly voters: readonly string[]
  readonly servers: readonly AutopilotServer[]
}

export type AutopilotServer = {
  readonly node: string
  readonly status: string
  readonly healthy: boolean
  readonly lastContact: string
  readonly lastTerm: number
  readonly lastIndex: number
  readonly stableSince: string
}

/**
 * `POST sys/storage/raft/join`, asked of the node that joins. A node that holds data already
 * answers `joined` and does nothing, so the peer set is what proves a join.
 * @throws {VaultError} when the leader is not reachable from the node, sealed, or has another seal.
 */
export async function joinRaft(
  client: VaultClient,
  {
    leaderAddress,
    leaderCa,
    ...options
  }: CallOptions & {
    /** The leader's `api_addr`, as the joining node resolves it. */
    leaderAddress: string
    /** PEM of the authority that signed the leader's certificate. */
    leaderCa?: string | undefined
  },
): Promise<{ readonly joined: boolean }> {
  const { body } = await client.request<{ joined?: boolean }>('POST', 'sys/storage/raft/join', {
    ...options,
    body: {
      leader_api_addr: leaderAddress,
      ...(leaderCa === undefined ? {} : { leader_ca_cert: leaderCa }),
    },
  })
  return { joined: body.joined ?? false }
}

/** `GET sys/storage/raft/configuration`. */
export async function raftPeers(
  client: VaultClient,
  options: CallOptions = {},
): Promise<readonly RaftPeer[]> {
  const { body } = await client.request<{
    data: {
      config: {
        servers: readonly {
          node_id: string
          address: string
          leader?: boolean
          voter?: boolean
        }[]
      }
    }
  }>('GET', 'sys/storage/raft/configuration', options)
  return body.data.config.servers.map(({ node_id, address, leader, voter }) => ({
    node: node_id,
    address,
    leader: leader ?? false,
    voter: voter ?? false,
  }))
}

/** `POST sys/storage/raft/remove-peer`. The node must be wiped before it may join again. */
export async function removePeer(
  client: VaultClient,
  node: string,
  options: CallOptions = {},
): Promise<void> {
  await client.request('POST', 'sys/storage/raft/remove-peer', {
    ...options,
    body: { server_id: node },
  })
}

/** `GET sys/storage/raft/autopilot/state`; `undefined` while the leader has none yet. */
export async function autopilotState(
  client: VaultClient,
  options: CallOptions = {},
): Promise<AutopilotState | undefined> {
  const { body } = await client.request<{ data?: AutopilotBody | null } | undefined>(
    'GET',
    'sys/storage/raft/autopilot/state',
    { ...options, accept: (status) => status === 404 },
  )
  if (body?.data == null) return undefined
  const { healthy, failure_tolerance, leader, voters, servers } = body.data
  return {
    healthy: healthy ?? false,
    failureTolerance: failure_tolerance ?? 0,
    leader: leader ?? '',
    voters: voters ?? [],
    servers: Object.values(servers ?? {}).map((server) => ({
      node: server.id,
      status: server.status ?? '',
      healthy: server.healthy ?? false,
      lastContact: server.last_contact ?? '',
      lastTerm: server.last_term ?? 0,
      lastIndex: server.last_index ?? 0,
      stableSince: server.stable_since ?? '',
    })),
  }
}

type AutopilotBody = {
  readonly healthy?: boolean
  readonly failure_tolerance?: number
  readonly leader?: string
  readonly voters?: readonly string[] | null
  readonly servers?: Readonly<
    Record<
      string,
      {
        readonly id: string
        readonly status?: string
        readonly healthy?: boolean
        readonly last_contact?: string
        readonly last_term?: number
        readonly last_index?: number
        readonly stable_since?: string
      }
    >
  > | null
}

export type AutopilotConfiguration = {
  /** How long a new node must be healthy before it gets a vote; default 10 s. */
  readonly serverStabilizationTime: string
}

/** `GET sys/storage/raft/autopilot/configuration`. */
export async function autopilotConfiguration(
  client: VaultClient,
  options: CallOptions = {},
): Promise<AutopilotConfiguration> {
  const { body } = await client.request<{ data: { server_stabilization_time: string } }>(
    'GET',
    'sys/storage/raft/autopilot/configuration',
    options,
  )
  return { serverStabilizationTime: body.data.server_stabilization_time }
}

/** `POST sys/storage/raft/autopilot/configuration`; what is not named keeps its value. */
export async function configureAutopilot(
  client: VaultClient,
  { serverStabilizationTime, ...options }: CallOptions & AutopilotConfiguration,
): Promise<void> {
  await client.request('POST', 'sys/storage/raft/autopilot/configuration', {
    ...options,
    body: { server_stabilization_time: serverStabilizationTime },
  })
}
