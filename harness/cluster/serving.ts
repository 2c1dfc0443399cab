import { setTimeout as sleep } from 'node:timers/promises'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { VaultError } from '../vault/error.ts'
import { autopilotState } from '../vault/raft.ts'
import type { Cluster } from './cluster.ts'
import type { Node } from './node.ts'

/** How often is looked: a server that restarts is away for seconds. */
const EVERY_MS = 200
/** A busy host may make one answer late; a node that is down misses this one too. */
const ASKED = 2

type Looked = Pick<Cluster, 'nodes' | 'leader' | 'onNode'>

/**
 * The fewest voters that were up and unsealed at one look, while that went on. Who has a vote is
 * autopilot's word, newly asked at each look for as long as somebody leads; autopilot itself calls a node
 * unhealthy seconds after it is gone, so whether it serves is asked of the node.
 */
export async function fewestServing(cluster: Looked, act: () => Promise<unknown>) {
  let voters = await votersBy(cluster, await cluster.leader())
  let isOver = false
  const over = act().finally(() => {
    isOver = true
  })
  over.catch(() => {}) // met below
  let [fewest, looks, told] = [cluster.nodes.length, 0, 0]
  while (!isOver) {
    const seen = await Promise.all(
      cluster.nodes.map(async (node) => ({ node, status: await statusOf(node) })),
    )
    const leader = seen.find(({ status }) => status === LEADS)?.node
    const named = leader === undefined ? undefined : await votersBy(cluster, leader)
    if (named !== undefined) told++
    voters = named ?? voters
    const serving = seen.filter(({ status }) => status === LEADS || status === STANDS_BY)
    const voting = serving.filter(({ node }) => voters?.includes(node.name))
    fewest = Math.min(fewest, voting.length)
    looks++
    await sleep(EVERY_MS)
  }
  await over
  return { fewest, looks, told }
}

const LEADS = 200
const STANDS_BY = 429

async function statusOf(node: Node): Promise<number | undefined> {
  for (let asked = 0; asked < ASKED; asked++) {
    const status = await node.health().then(
      (health) => health.status,
      () => undefined,
    )
    if (status !== undefined) return status
  }
  return undefined
}

/** `undefined` from a node that has just lost its leadership, or has no answer yet. */
async function votersBy(cluster: Looked, leader: Node): Promise<readonly string[] | undefined> {
  const state = autopilotState(cluster.onNode(leader), { within: seconds(1) })
  return state.then(
    (told) => told?.voters,
    (error) => {
      if (error instanceof VaultError || error instanceof RequestFailed) return undefined
      throw error
    },
  )
}
