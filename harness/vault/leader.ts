import type { CallOptions, VaultClient } from './client.ts'

/**
 * One node's view of who leads. On a standby it is read from storage, so during a failover or
 * without quorum it still names the former leader; `sys/health` 200 is the stronger sign.
 */
export type LeaderView = {
  readonly isSelf: boolean
  /** The leader's `api_addr`; empty when this node knows none. */
  readonly leaderAddress: string
  readonly committedIndex: number
  readonly appliedIndex: number
}

/** `GET sys/leader`. @throws {VaultError} 503 on a sealed node. */
export async function leaderView(
  client: VaultClient,
  options: CallOptions = {},
): Promise<LeaderView> {
  const { body } = await client.request<{
    is_self?: boolean
    leader_address?: string
    raft_committed_index?: number
    raft_applied_index?: number
  }>('GET', 'sys/leader', options)
  return {
    isSelf: body.is_self ?? false,
    leaderAddress: body.leader_address ?? '',
    committedIndex: body.raft_committed_index ?? 0,
    appliedIndex: body.raft_applied_index ?? 0,
  }
}

/** `PUT sys/step-down`: the leader hands over and does not compete again for 10 s. */
export async function stepDown(client: VaultClient, options: CallOptions = {}): Promise<void> {
  await client.request('PUT', 'sys/step-down', options)
}
