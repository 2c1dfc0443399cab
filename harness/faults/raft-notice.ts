import type { Cluster } from '../cluster/cluster.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import type { AimedLink } from './link-target.ts'

/**
 * What Raft has to notice when links between nodes are cut in both directions. Both products'
 * standbys report to the leader every 2.5 s, so autopilot's last contact swings up to that
 * (measured) and means something only beyond it.
 */
export type RaftNotice =
  | { readonly of: 'lost-leader'; readonly leader: string }
  | { readonly of: 'silent-standby'; readonly nodes: readonly string[] }
  | { readonly of: 'nothing'; readonly leader: string }
  /** The leader is the same: those who could replace it still reach it. */
  | { readonly of: 'kept-leader'; readonly leader: string }

const SILENT_S = 4

/** By who leads now and whom it would still reach. */
export async function noticeDue(cluster: Cluster, cut: readonly AimedLink[]): Promise<RaftNotice> {
  const { name: leader } = await cluster.leader()
  const cutFrom = (caller: string, called: string): boolean =>
    cut.some(({ pod, link }) => pod === caller && link === `raft-${called}`)
  const standbys = cluster.nodes.map(({ name }) => name).filter((name) => name !== leader)
  const lost = standbys.filter((name) => cutFrom(leader, name) && cutFrom(name, leader))
  const hasMajority = cluster.nodes.length - lost.length > cluster.nodes.length / 2
  if (!hasMajority) return { of: 'lost-leader', leader }
  return lost.length > 0 ? { of: 'silent-standby', nodes: lost } : { of: 'nothing', leader }
}

/** Whether it has, in words. */
export async function noticed(cluster: Cluster, notice: RaftNotice): Promise<Look<string>> {
  if (notice.of === 'lost-leader') {
    const node = cluster.node(notice.leader)
    // One that is cut off may fall silent altogether, also for those who still reach it.
    const state = await node.health().then(
      (health) => health.state,
      () => 'nothing',
    )
    if (state === 'leader') return notYet(`${node.name} still says that it leads`)
    const other = await cluster.leaderOtherThan(node)
    if (state === 'nothing' && other === undefined) return notYet(`${node.name} says nothing`)
    const now = other === undefined ? 'nobody leads yet' : `${other.name} leads`
    return happened(`${node.name} says ${state}, ${now}`)
  }
  if (notice.of === 'kept-leader') {
    const { name } = await cluster.leader()
    return name === notice.leader
      ? happened(`${name} leads, as it did`)
      : notYet(`${name} leads, and no more ${notice.leader}`)
  }
  if (notice.of === 'nothing') return happened(`${(await cluster.leader()).name} leads, as it may`)
  const state = await cluster.autopilot()
  const contacts = notice.nodes.map((name) => {
    const said = state?.servers.find(({ node }) => node === name)?.lastContact ?? ''
    return { name, said, seconds: goSeconds(said) }
  })
  const silent = contacts.find(({ seconds }) => seconds > SILENT_S)
  return silent === undefined
    ? notYet(
        contacts
          .map(({ name, said }) => `last contact of ${name}: ${said || 'unknown'}`)
          .join(', '),
      )
    : happened(`autopilot's last contact of ${silent.name} was ${silent.seconds.toFixed(1)} s ago`)
}

/** A Go duration such as `1m2.5s` or `931.87ms`. */
export function goSeconds(text: string): number {
  const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    µs: 1e-6,
    ns: 1e-9,
  }
  let total = 0
  for (const [, number, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g)) {
    total += Number(number) * (units[unit as string] as number)
  }
  return total
}
