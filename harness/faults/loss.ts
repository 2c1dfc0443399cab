import type { Cluster } from '../cluster/cluster.ts'
import { happened, type Look, notYet } from '../lib/until.ts'

/** What the rest of a cluster shows of the loss of one or more nodes. */

/** Noted before the loss. */
export type Leadership = {
  readonly leaderBefore: string
  readonly termBefore: number
  /** The nodes with a vote; not there where the leader did not tell: then each node has one. */
  readonly voters?: readonly string[]
}

export async function leadershipOf(cluster: Cluster): Promise<Leadership> {
  const leader = await cluster.leader()
  const known = { leaderBefore: leader.name, termBefore: await cluster.term() }
  // In the midst of a restore the leader knows another token than the team's.
  const peers = await cluster.peers().catch(() => undefined)
  if (peers === undefined) return known
  return { ...known, voters: peers.filter(({ voter }) => voter).map(({ node }) => node) }
}

/**
 * By what the others show a loss: the leadership by nothing, a successor in a later term, or nobody
 * who leads. A server that lives and has no vote, as one that joins, elects nobody.
 */
export function shownBy(
  { leaderBefore, voters }: Pick<Leadership, 'leaderBefore' | 'voters'>,
  { nodes, living, lost }: Record<'nodes' | 'living' | 'lost', readonly string[]>,
): 'nothing' | 'successor' | 'nobody' {
  const votes = voters ?? nodes
  const left = living.filter((name) => votes.includes(name))
  if (2 * left.length <= votes.length) return 'nobody'
  return lost.includes(leaderBefore) ? 'successor' : 'nothing'
}

/**
 * When the leader was lost and enough others live: another one leads, in a later term. When too
 * few are left: nobody leads. The loss of a standby shows in the leadership by nothing.
 * @param told what is known already, for the sentence.
 */
export async function lossSeen(
  cluster: Cluster,
  leadership: Leadership,
  lost: readonly string[],
  told: string,
): Promise<Look<string>> {
  const nodes = cluster.nodes.map(({ name }) => name)
  const living = await livingBeside(cluster, lost)
  const shown = shownBy(leadership, { nodes, living, lost })
  if (shown === 'nothing') return happened(told)
  if (shown === 'successor') return successorSeen(cluster, leadership, told)
  const leaders = await Promise.all(living.map((name) => leads(cluster, name)))
  const still = living.filter((_, i) => leaders[i])
  if (still.length > 0) return notYet(`${told}; ${still.join(' and ')} still leads`)
  const votes = leadership.voters ?? nodes
  const left = `${living.filter((name) => votes.includes(name)).length} of ${votes.length} voters`
  return happened(`${told}; ${left} are left, and none of them leads`)
}

/** That another node leads in a later term. */
export async function successorSeen(
  cluster: Cluster,
  { leaderBefore, termBefore }: Leadership,
  told: string,
): Promise<Look<string>> {
  const leader = await cluster.leaderOtherThan(cluster.node(leaderBefore))
  if (leader === undefined) return notYet(`${told}; no other node leads yet`)
  const term = await cluster.term()
  return term > termBefore
    ? happened(`${told}; ${leader.name} leads in term ${term}, before ${termBefore}`)
    : notYet(`${leader.name} leads in term ${term}, not after ${termBefore}`)
}

/** The names of those others whose server runs and is not frozen. */
async function livingBeside(cluster: Cluster, lost: readonly string[]): Promise<readonly string[]> {
  const others = cluster.nodes.filter(({ name }) => !lost.includes(name))
  const living = await Promise.all(
    others.map(async (node) => {
      const { pid } = await node.process() // none either where the container is gone
      return pid > 0 && !(await node.vault.state()).paused
    }),
  )
  return others.filter((_, i) => living[i]).map(({ name }) => name)
}

async function leads(cluster: Cluster, name: string): Promise<boolean> {
  return cluster
    .node(name)
    .health()
    .then(({ status }) => status === 200)
    .catch(() => false) // silent: it leads nobody
}
