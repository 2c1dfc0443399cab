import { happened, notYet } from '../lib/until.ts'
import { chainOf, dropRules, putRules, type Rules, rulesLeft } from './cuts.ts'
import { dialsFrom } from './dials.ts'
import { aimed, BadAim, type Fault, type FaultKind, type FaultPlan, numberGiven } from './fault.ts'
import { linksBetween, linkText, podsOf } from './link-target.ts'
import { nodesOf, type Target, targetText } from './target.ts'

/** Packets that get lost on the way to a node, as far as iptables can roll dice. */

export type LossPlan = FaultPlan & Rules & { readonly percent: number }

const PACKET_LOSS: FaultKind<LossPlan> = {
  name: 'packet-loss',
  family: 'network',
  does: 'a node loses a random share of the packets that come from what it calls',
  witnessed:
    'of many connections from inside the pod about that share takes a second, which is the retransmission of a SYN',
  cannotShow: 'loss of what others open towards it, or of packets that a switch reorders',
  source: 'HLD:766-771',
  final: false,
  targets: ['leader', 'standby', 'standbys', 'all', '<nodes>'],
  parameters: { lossPercent: { default: 30, says: 'of the packets' } },
  needs: ['net-admin', 'random-drop'],
  async plan(cluster, aim, seed) {
    const percent = numberGiven(aim, 'lossPercent')
    if (percent < 10 || percent > 90) {
      throw new BadAim(`a loss of ${percent} %: 10 to 90 can be told from none and from all`)
    }
    const names = (await nodesOf(cluster, aim.target, seed)).map(({ name }) => name)
    const all = cluster.nodes.map(({ name }) => name).join(',')
    const links = await linksBetween(cluster, names, all, seed)
    return {
      target: names.join(','),
      touches: podsOf(links),
      links,
      chain: chainOf('packet-loss', links.map(linkText)),
      percent,
    }
  },
  async inject({ docker }, plan, { clock }) {
    const dice = `-m statistic --mode random --probability ${plan.percent / 100}`
    return putRules(docker, clock, plan, ({ upstream }) => [
      `-p tcp -s ${upstream.host} --sport ${upstream.port} ${dice} -j DROP`,
    ])
  },
  async witness({ docker }, { links, percent }) {
    const count = Math.ceil(2500 / percent)
    const firsts = links.filter(({ pod }, i) => links.findIndex((one) => one.pod === pod) === i)
    const told: string[] = []
    for (const { upstream, tools, pod } of firsts) {
      // Straight to the other node: a link's own listener loses nothing.
      const dial = { ...upstream, speaks: 'nothing', waitMs: 900 } as const
      const found = await dialsFrom(
        docker,
        tools,
        Array.from({ length: count }, () => dial),
      )
      const late = found.filter(({ what }) => what === 'unreached').length
      const made = found.filter(({ what }) => what === 'open').length
      const text = `${late} of ${count} connections from inside ${pod} were not made in 900 ms, ${made} were`
      if (made === 0 || (100 * late) / count < percent * 0.4) return notYet(text)
      told.push(text)
    }
    return happened(told.join('; '))
  },
  heal: dropRules,
  residue: rulesLeft,
}

export const LOSS_FAULTS: readonly FaultKind[] = [PACKET_LOSS]

/** A node loses so many percent of what its peers send it on connections that it opened. */
export const lossy = (node: Target, percent: number): Fault<LossPlan> =>
  aimed(PACKET_LOSS, targetText(node), { lossPercent: percent })
