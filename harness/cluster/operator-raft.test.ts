import { expect, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { happened, NeverHappened, notYet, until } from '../lib/until.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { OperatorRaft } from './operator-raft.ts'
import { orRefuse, Refusal } from './refusal.ts'

const DAMAGED = { name: 'vault-3' } as Node

/** A cluster of three voters, of which these are healthy. */
function raftWith(healthy: readonly string[]) {
  const voters = ['vault-1', 'vault-2', 'vault-3']
  const servers = voters.map((node) => ({ node, healthy: healthy.includes(node) }))
  const stop = new AbortController()
  const raft = new OperatorRaft({
    view: { autopilot: async () => ({ servers, voters, healthy: false }) },
    signal: stop.signal,
  } as unknown as OperatorPlace)
  return { raft, stop }
}

test('a node may be stopped when the others are a majority', async () => {
  await raftWith(['vault-1', 'vault-2']).raft.seesMajorityBeside(DAMAGED)
})

test.each([[['vault-1', 'vault-3']], [['vault-3']]])(
  'a node is not stopped when it is one of the last: %j are healthy',
  async (healthy) => {
    const { raft, stop } = raftWith(healthy)
    let isOver = false
    const seeing = raft.seesMajorityBeside(DAMAGED).finally(() => {
      isOver = true
    })
    seeing.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(isOver).toBe(false)
    stop.abort(new Error('long enough'))
    await expect(seeing).rejects.toThrow('long enough')
  },
)

test('what never came about before anything was changed is a refusal, with what was seen', async () => {
  const waits = () =>
    until('another node leads', () => notYet('nobody leads'), { within: seconds(0.01) })
  await expect(waits()).rejects.toThrow(NeverHappened)
  const refused = orRefuse(waits)
  await expect(refused).rejects.toThrow(Refusal)
  await expect(refused).rejects.toThrow(
    'wanted: another node leads; seen: nobody leads; nothing was changed',
  )
  expect(await orRefuse(async () => happened(1))).toEqual(happened(1))
  await expect(orRefuse(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})
