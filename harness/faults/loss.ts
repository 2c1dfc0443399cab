import type { Cluster } from '../cluster/cluster.ts'
import { happened, type Look, notYet } from '../lib/until.ts'

/** What the rest of a cluster shows of the loss of one or more nodes. */

/** Noted before the loss. */
export type Leadership = { readonly leaderBefore: string; readonly termBefore: number }

export async function leadershipOf(cluster: Cluster): Promise<Leadership> {
  const leader = await cluster.leader()
  return { leaderBefore: leader.name, termBefore: await cluster.term() }
}

/**
 * When the leader was lost and enough others live: another one leads, in a later term. When too
 * few are left: nobody leads. The loss of a standby shows in the leadership by nothing.
 * @param told what is known already, for the sentence.
 */
export async function lossSeen(
  cluster: Cluster,
  { leaderBefore, termBefore }: Leadership,
  lost: readonly string[],
  told: string,
): Promise<Look<string>> {
  const living = await livingBeside(cluster, lost)
  if (2 * living.length <= cluster.nodes.length) {
    const leaders = await Promise.all(living.map((name) => leads(cluster, name)))
    const still = living.filter((_, i) => leaders[i])
    if (still.length > 0) return notYet(`${told}; ${still.join(' and ')} still leads`)
    const left = `${living.length} of ${cluster.nodes.length} nodes are left`
    return happened(`${told}; ${left}, and none of them leads`)
  }
  if (!lost.includes(leaderBefore)) return happened(told)
  return successorSeen(cluster, { leaderBefore, termBefore }, told)
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
