import type { Docker } from '../stack/docker.ts'
import { runTool } from '../stack/toolbox.ts'
import { seen } from './bring-about.ts'
import { type Looked, lookThrough, MOST_SAID, oddOnes } from './dials.ts'
import { aimed, BadAim, type Fault, type FaultKind, type FaultPlan, numberGiven } from './fault.ts'
import { type AimedLink, eachPod, linksBetween, onLivingPods, podsOf } from './link-target.ts'
import { nodesOf, type Target, targetText } from './target.ts'

/** A thin line: everything that leaves a node's interface shares one rate. */

export type RatePlan = FaultPlan & { readonly links: readonly AimedLink[]; readonly kbit: number }

/** What the bucket lets through at once. */
const BURST_KB = 16
/** A pod that was out of its network for a while comes back with an interface of another name. */
const INTERFACE = `$(ip -o -4 addr show scope global | awk '{ print $2; exit }')`

const RATE_LIMIT: FaultKind<RatePlan> = {
  name: 'rate-limit',
  family: 'network',
  does: 'all that leaves a node, answers included, shares so many kilobits per second; what queues for 400 ms is lost',
  witnessed: 'what a pod says to a peer takes as long as the rate demands',
  cannotShow: 'a line that is slow towards the node: only what leaves it queues',
  source: 'HLD:766-771',
  final: false,
  targets: ['leader', 'standby', 'standbys', 'all', '<nodes>'],
  parameters: { rateKbit: { default: 256, says: 'kilobits per second' } },
  needs: ['net-admin', 'rate-limit'],
  async plan(cluster, aim, seed) {
    const kbit = numberGiven(aim, 'rateKbit')
    if (kbit < 64 || kbit > 4000) throw new BadAim(`${kbit} kbit/s: 64 to 4000 can be seen`)
    const names = (await nodesOf(cluster, aim.target, seed)).map(({ name }) => name)
    const all = cluster.nodes.map(({ name }) => name).join(',')
    // One link of each node is enough to look through.
    const each = await Promise.all(
      names.map(async (name) => (await linksBetween(cluster, name, all, seed)).slice(0, 1)),
    )
    const links = each.flat()
    return { target: names.join(','), touches: podsOf(links), links, kbit }
  },
  async inject({ docker }, { links, kbit }, { clock }) {
    const issued = clock.now()
    await eachPod(links, async (tools) => {
      const rate = `rate ${kbit}kbit burst ${BURST_KB}kb latency 400ms`
      await runTool(docker.engine, tools, `tc qdisc add dev ${INTERFACE} root tbf ${rate}`)
    })
    return { issued, proven: clock.now() }
  },
  async witness({ docker }, { links, kbit }) {
    const looked = await lookThrough(docker, links, { bytes: MOST_SAID, waitMs: 9000 })
    const leastMs = (0.6 * (MOST_SAID - 1024 * BURST_KB) * 8) / kbit
    // What others say through it may keep the answer away for longer still; then a word must pass.
    const silent = looked.filter(({ what }) => what === 'silent').map(({ link }) => link)
    const words = await lookThrough(docker, silent, { bytes: 100, waitMs: 9000 })
    const passes = (link: Looked['link']) =>
      words.some((word) => word.link === link && word.what === 'answered')
    const isSlow = ({ link, what, ms }: Looked) =>
      ms >= leastMs && (what === 'answered' || (what === 'silent' && passes(link)))
    const quickest = Math.min(...looked.map(({ ms }) => ms))
    return seen(
      looked.every(isSlow),
      `${MOST_SAID} bytes from inside ${looked.map(({ link }) => link.pod).join(', ')} to a peer take ${quickest} ms and more`,
      oddOnes(looked, isSlow),
    )
  },
  async heal(docker, { links }) {
    await eachPod(await onLivingPods(docker, links), async (tools) => {
      await runTool(docker.engine, tools, `tc qdisc del dev ${INTERFACE} root 2>/dev/null; true`)
    })
  },
  residue: limited,
}

async function limited(docker: Docker, { links }: RatePlan): Promise<readonly string[]> {
  const left: string[] = []
  await eachPod(await onLivingPods(docker, links), async (tools, [first]) => {
    const found = await runTool(docker.engine, tools, `tc qdisc show dev ${INTERFACE}`)
    if (found.includes('tbf')) left.push(`a rate limit on the interface of ${first?.pod}`)
  })
  return left
}

export const RATE_FAULTS: readonly FaultKind[] = [RATE_LIMIT]

/** All that leaves the node shares this rate. */
export const rateLimited = (node: Target, kbit: number): Fault<RatePlan> =>
  aimed(RATE_LIMIT, targetText(node), { rateKbit: kbit })
