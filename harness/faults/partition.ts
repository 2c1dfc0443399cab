import type { Cluster } from '../cluster/cluster.ts'
import type { Seed } from '../lib/seed.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { AlreadyInForce } from './bring-about.ts'
import { chainOf, cutRules, dropRules, putRules, type Rules, rulesLeft } from './cuts.ts'
import { type Looked, lookThrough, oddOnes } from './dials.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type AimedLink, linksBetween, linkText, podsOf } from './link-target.ts'
import { noticeDue, noticed, type RaftNotice } from './raft-notice.ts'
import { nodesOf, oneNode, type Target, targetText } from './target.ts'

/**
 * Networks that come apart: packets are dropped in the namespaces of the pods that call, so a
 * connection is neither made nor refused. Our own look at every node goes on; it uses no link.
 */

export type CutPlan = FaultPlan &
  Rules & {
    /** Links in the other direction, which must still work. */
    readonly stillOpen: readonly AimedLink[]
    readonly notice: RaftNotice
  }

const ISOLATED = cutting({
  name: 'isolated',
  does: 'a node reaches nobody and nobody reaches it: peers, balancer, operator, KMS and S3',
  witnessed:
    'dials from inside the pods on both sides time out; Raft: of a leader, it leads no more; of a standby, its last contact exceeds 4 s',
  cannotShow: 'a node whose own view is lost as well: we still ask it directly',
  source: 'HLD:867-877',
  targets: ['leader', 'standby', 'random', '<node>'],
  cut: async (cluster, target, seed) => {
    const { name } = await oneNode(cluster, target, seed)
    const others = cluster.nodes.map((node) => node.name).filter((other) => other !== name)
    const outward = await linksBetween(cluster, name, '*', seed)
    const inward = await linksBetween(cluster, [...others, 'balancer', 'operator'], name, seed)
    return { target: name, links: [...outward, ...inward] }
  },
})

const PARTITION = cutting({
  name: 'partition',
  does: 'nodes of two groups reach each other in neither direction; a node in no group sees all',
  witnessed:
    'dials from inside the pods on both sides time out; Raft: a leader without a majority leads no more, a standby that lost its leader has no contact for 4 s',
  cannotShow: 'clients that are cut off as well: the balancer reaches all nodes',
  source: 'HLD:39-41',
  targets: ['leader|standbys', '<nodes>|<nodes>'],
  cut: async (cluster, target, seed) => {
    const [one = '', other = '', ...more] = target.split('|')
    if (one === '' || other === '' || more.length > 0) {
      throw new CannotPlan(`"${target}" is no partition; write two groups, like vault-1|vault-2`)
    }
    const [left, right] = [await namesOf(cluster, one, seed), await namesOf(cluster, other, seed)]
    const both = left.filter((name) => right.includes(name))
    if (both.length > 0) throw new CannotPlan(`${both} cannot be on both sides of ${target}`)
    const links = [
      ...(await linksBetween(cluster, left, right.join(','), seed)),
      ...(await linksBetween(cluster, right, left.join(','), seed)),
    ]
    return { target: `${left.join(',')}|${right.join(',')}`, links }
  },
})

const ONE_WAY = cutting({
  name: 'one-way',
  does: 'some cannot call others, while these still call them: no packet of the connections that the first ones open',
  witnessed: 'dials in the one direction time out from inside the pod, in the other they are made',
  cannotShow: 'a route that is broken for packets: answers on open connections still come',
  source: 'HLD:39-41',
  targets: ['leader->standbys', 'standbys->leader', 'balancer->leader', '<pods>-><nodes>'],
  cut: async (cluster, target, seed) => {
    const [callers = '', called = '', ...more] = target.split('->')
    if (callers === '' || called === '' || more.length > 0) {
      throw new CannotPlan(`"${target}" is no direction; write it like vault-1->vault-2`)
    }
    const from = callers === 'balancer' ? ['balancer'] : await namesOf(cluster, callers, seed)
    const to = await namesOf(cluster, called, seed)
    const links = await linksBetween(cluster, from, to.join(','), seed)
    const isNode = (name: string) => cluster.nodes.some((node) => node.name === name)
    const stillOpen = from.every(isNode)
      ? await linksBetween(cluster, to, from.join(','), seed)
      : []
    return { target: `${from.join(',')}->${to.join(',')}`, links, stillOpen }
  },
})

const FROM_PEERS = cutting({
  name: 'leader-without-peers',
  family: 'leadership',
  does: 'the leader and the other nodes reach each other no more; its clients and the KMS do',
  witnessed: 'dials from inside the pods on both sides time out, and it leads no more',
  cannotShow: 'clients that lose it at the same instant',
  source: 'HLD:873-877',
  targets: ['leader'],
  cut: async (cluster, target, seed) => {
    const { name } = await theLeader(cluster, target, seed)
    const others = cluster.nodes.map((node) => node.name).filter((other) => other !== name)
    const links = [
      ...(await linksBetween(cluster, name, others.join(','), seed)),
      ...(await linksBetween(cluster, others, name, seed)),
    ]
    return { target: name, links }
  },
})

const FROM_CLIENTS = cutting({
  name: 'leader-without-clients',
  family: 'leadership',
  does: 'the balancer reaches the leader no more, the other nodes do: nobody will replace it',
  witnessed: 'a dial from inside the pod of the balancer times out, and the node still leads',
  cannotShow: 'an outage that Raft could end',
  source: 'HLD:873-877',
  targets: ['leader'],
  cut: async (cluster, target, seed) => {
    const { name } = await theLeader(cluster, target, seed)
    return { target: name, links: await linksBetween(cluster, 'balancer', name, seed), keeps: name }
  },
})

export const PARTITION_FAULTS: readonly FaultKind[] = [ISOLATED, PARTITION, ONE_WAY]
export const CUT_LEADER_FAULTS: readonly FaultKind[] = [FROM_PEERS, FROM_CLIENTS]

/** Reaches nobody, and nobody reaches it. */
export const isolated = (node: Target): Fault<CutPlan> => aimed(ISOLATED, targetText(node))

/** These and those reach each other no more. */
export const partitioned = (these: Target, those: Target): Fault<CutPlan> =>
  aimed(PARTITION, `${targetText(these)}|${targetText(those)}`)

/** These cannot call those, who can still call them. */
export const cannotCall = (these: Target, those: Target): Fault<CutPlan> =>
  aimed(ONE_WAY, `${targetText(these)}->${targetText(those)}`)

/** The leader alone without the other nodes; its clients still reach it. */
export const withoutPeers = (leader: Target = 'leader'): Fault<CutPlan> =>
  aimed(FROM_PEERS, targetText(leader))

/** The leader, with all nodes around it, out of its clients' reach. */
export const withoutClients = (leader: Target = 'leader'): Fault<CutPlan> =>
  aimed(FROM_CLIENTS, targetText(leader))

type Cut = {
  readonly target: string
  readonly links: readonly AimedLink[]
  readonly stillOpen?: readonly AimedLink[]
  /** Who still leads, if the fault is one that leaves the leader in its place. */
  readonly keeps?: string
}

type Told = Pick<FaultKind, 'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'targets'> & {
  readonly family?: FaultKind['family']
  readonly cut: (cluster: Cluster, target: string, seed: Seed) => Promise<Cut>
}

function cutting({ cut, family = 'network', ...told }: Told): FaultKind<CutPlan> {
  return {
    ...told,
    family,
    final: false,
    parameters: {},
    needs: ['net-admin'],
    async plan(cluster, aim, seed) {
      const { target, links, stillOpen = [], keeps } = await cut(cluster, aim.target, seed)
      if (links.length === 0) throw new CannotPlan(`there is no link to cut in "${aim.target}"`)
      // Raft's part of the witness comes seconds later, and by then another node may lead.
      const now = await lookThrough(cluster.docker, links, { speaks: 'nothing', waitMs: 800 })
      if (now.every(isUnreached)) {
        throw new AlreadyInForce(told.name, target, 'dials of all its links time out')
      }
      return {
        target,
        touches: podsOf([...links, ...stillOpen]),
        links,
        chain: chainOf(told.name, links.map(linkText)),
        stillOpen,
        notice:
          keeps === undefined
            ? await noticeDue(cluster, links)
            : { of: 'kept-leader', leader: keeps },
      }
    },
    async inject({ docker }, plan, { clock }) {
      return putRules(docker, clock, plan, cutRules)
    },
    async witness(cluster, { links, stillOpen, notice }) {
      const looked = await lookThrough(cluster.docker, links, { speaks: 'nothing', waitMs: 800 })
      if (!looked.every(isUnreached)) return notYet(oddOnes(looked, isUnreached))
      const open = await lookThrough(cluster.docker, stillOpen, { speaks: 'nothing' })
      if (!open.every(isOpen)) return notYet(oddOnes(open, isOpen))
      const raft = await noticed(cluster, notice)
      return raft.happened ? happened(words(looked, open, raft)) : raft
    },
    heal: dropRules,
    residue: rulesLeft,
  }
}

const isUnreached = ({ what }: Looked): boolean => what === 'unreached'
const isOpen = ({ what }: Looked): boolean => what === 'open'

function words(
  looked: readonly Looked[],
  open: readonly Looked[],
  raft: Extract<Look<string>, { happened: true }>,
): string {
  const [first] = looked
  const pods = [...new Set(looked.map(({ link }) => link.pod))].join(', ')
  const such = first === undefined ? '' : `, such as ${linkText(first.link)}`
  const back = open.length === 0 ? '' : `; ${open.length} dials the other way are made`
  return `dials of ${looked.length} links time out from inside ${pods}${such}${back}; ${raft.value}`
}

const namesOf = async (cluster: Cluster, text: string, seed: Seed): Promise<readonly string[]> =>
  (await nodesOf(cluster, text.trim(), seed)).map(({ name }) => name)

async function theLeader(cluster: Cluster, target: string, seed: Seed) {
  const node = await oneNode(cluster, target, seed)
  const leader = await cluster.leader()
  if (node !== leader) throw new CannotPlan(`${node.name} does not lead, ${leader.name} does`)
  return node
}
