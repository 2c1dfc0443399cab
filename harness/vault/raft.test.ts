import { describe, expect, test } from 'vitest'
import { replaying } from '../../fixtures/responses/replay.ts'
import {
  autopilotConfiguration,
  autopilotState,
  configureAutopilot,
  joinRaft,
  raftPeers,
  removePeer,
} from './raft.ts'

const names = ['vault-1', 'vault-2', 'vault-3']

describe.each(['openbao', 'vault'] as const)('%s', (product) => {
  test('takes a node in', async () => {
    const client = await replaying(product, 'raft', 'join')
    expect(await joinRaft(client, { leaderAddress: 'http://127.0.0.1:18200' })).toEqual({
      joined: true,
    })
  })

  test('refuses a join when the leader is not reachable from the node', async () => {
    const client = await replaying(product, 'raft', 'join of an unreachable leader')
    const call = joinRaft(client, { leaderAddress: 'http://127.0.0.1:9' })
    await expect(call).rejects.toThrow('failed to join raft cluster')
  })

  test('lists joined nodes as peers without a vote first', async () => {
    const client = await replaying(
      product,
      'raft',
      'configuration before the votes',
      'configuration with three voters',
    )
    const before = await raftPeers(client)
    expect(before.map(({ node, voter }) => [node, voter])).toEqual([
      ['vault-1', true],
      ['vault-2', false],
      ['vault-3', false],
    ])
    const after = await raftPeers(client)
    expect(after.map(({ voter }) => voter)).toEqual([true, true, true])
    expect(after[0]).toMatchObject({ leader: true, address: '127.0.0.1:18201' })
  })

  test('calls a cluster healthy when three voters may lose one', async () => {
    const client = await replaying(
      product,
      'raft',
      'autopilot before the votes',
      'autopilot with three voters',
    )
    expect(await autopilotState(client)).toMatchObject({ failureTolerance: 0, voters: ['vault-1'] })
    const state = await autopilotState(client)
    expect(state).toMatchObject({
      healthy: true,
      failureTolerance: 1,
      leader: 'vault-1',
      voters: names,
    })
    expect(state?.servers.map(({ node }) => node).sort()).toEqual(names)
    for (const server of state?.servers ?? []) expect(server.lastIndex).toBeGreaterThan(0)
  })

  test('tells and changes how long a new node waits for its vote', async () => {
    const client = await replaying(
      product,
      'raft',
      'autopilot configuration',
      'configure autopilot',
    )
    expect(await autopilotConfiguration(client)).toEqual({ serverStabilizationTime: '10s' })
    await configureAutopilot(client, { serverStabilizationTime: '3s' })
  })

  test('removes a peer', async () => {
    const client = await replaying(product, 'raft', 'remove a peer')
    await expect(removePeer(client, 'vault-3')).resolves.toBeUndefined()
  })
})
