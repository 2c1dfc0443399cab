import type { Cluster } from '../cluster/cluster.ts'
import type { Look } from '../lib/until.ts'
import type { Docker } from '../stack/docker.ts'
import { Links, type Toxic } from '../stack/toxiproxy.ts'
import { seen } from './bring-about.ts'
import { type Dial, type Looked, lookThrough, MOST_SAID, oddOnes } from './dials.ts'
import {
  type Aim,
  aimed,
  BadAim,
  type Fault,
  type FaultKind,
  type FaultPlan,
  numberGiven,
} from './fault.ts'
import {
  type AimedLink,
  LINK_TARGETS,
  linksOf,
  linksText,
  linkText,
  onLivingPods,
  podsOf,
} from './link-target.ts'

/**
 * Faults that a link's own Toxiproxy brings about: it stays up and carries less, later or
 * nothing. Toxics are put on both directions. Taking one away ends the connections that it held.
 */

type OnLink = AimedLink & { readonly toxics: readonly Toxic[] }

export type ToxicPlan = FaultPlan & {
  readonly links: readonly OnLink[]
  /** What {@link Told} decides by, such as the milliseconds of a delay. */
  readonly by: Readonly<Record<string, number>>
}

/** What is particular about one of them. */
type Told = Pick<
  FaultKind,
  'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'parameters'
> & {
  /** @throws {BadAim} when nobody could witness so little. */
  readonly toxics: (aim: Aim) => readonly Omit<Toxic, 'name'>[]
  /** How the witness looks. */
  readonly dial: (by: ToxicPlan['by']) => Omit<Dial, 'host' | 'port' | 'speaks'>
  /** `pastMs`: the same without the link, at the same time; 0 unless it {@link compares}. */
  readonly isBitten: (looked: Looked, pastMs: number, by: ToxicPlan['by']) => boolean
  readonly compares?: true
  readonly says: (looked: readonly Looked[], by: ToxicPlan['by'], pastMs: number) => string
}

const both = (
  type: Toxic['type'],
  attributes: Toxic['attributes'],
): readonly Omit<Toxic, 'name'>[] =>
  (['upstream', 'downstream'] as const).map((stream) => ({ type, stream, attributes }))

/** Part of an injected delay that the witness has to see: timers are late, never early. */
const MOST = 0.9
/** A busy host delays an answer by itself. */
const LEAST_SHIFT_MS = 10

const LATENCY = toxic({
  name: 'link-latency',
  does: 'what a link carries arrives later, in each direction by the latency and a random jitter',
  witnessed:
    'the quickest of four round trips from inside the pod is longer by both directions than past the link',
  cannotShow: 'a slow handshake: Toxiproxy answers the TCP connect itself',
  source: 'HLD:39-41, HLD:746-751, RB:563',
  parameters: {
    latencyMs: { default: 100, says: 'in each direction' },
    jitterMs: { default: 0, says: 'up to so much more or less, evenly' },
  },
  toxics: (aim) => {
    const latency = numberGiven(aim, 'latencyMs')
    const jitter = numberGiven(aim, 'jitterMs')
    if (2 * (latency - jitter) * MOST < LEAST_SHIFT_MS) {
      throw new BadAim(`${latency} ms with ${jitter} ms of jitter is too little to be seen`)
    }
    return both('latency', { latency, jitter })
  },
  dial: () => ({ times: 4, waitMs: 5000 }),
  compares: true,
  isBitten: ({ what, ms }, pastMs, { latencyMs = 0, jitterMs = 0 }) =>
    what === 'answered' && ms >= pastMs + 2 * (latencyMs - jitterMs) * MOST,
  says: (looked, _by, pastMs) => {
    const now = Math.min(...looked.map(({ ms }) => ms))
    return `round trips through ${linkCount(looked)} take ${now} ms and more, past it at most ${pastMs} ms`
  },
})

/** A second of the allowed rate, or all that a server listens to. */
const atRate = (rateKBps: number): number =>
  Math.min(MOST_SAID, Math.max(500, Math.round(1000 * rateKBps)))

const BANDWIDTH = toxic({
  name: 'link-bandwidth',
  does: 'a link carries at most so much in each direction',
  witnessed:
    'what a pod says through the link takes as long as the rate demands, past it it does not',
  cannotShow: 'loss by overflowing queues: everything arrives in the end',
  source: 'HLD:766-771',
  parameters: { rateKBps: { default: 32, says: 'kilobytes per second; 32 is 256 kbit/s' } },
  toxics: (aim) => {
    const rate = numberGiven(aim, 'rateKBps')
    if (rate < 1 || rate > 2000) throw new BadAim(`a rate of ${rate} KB/s: 1 to 2000 can be seen`)
    return both('bandwidth', { rate })
  },
  dial: ({ rateKBps = 1 }) => ({ bytes: atRate(rateKBps), waitMs: 8000 }),
  compares: true,
  isBitten: ({ what, ms }, pastMs, { rateKBps = 1 }) =>
    what === 'answered' && ms >= pastMs + (atRate(rateKBps) / rateKBps) * 0.5,
  says: (looked, { rateKBps = 1 }) => {
    const quickest = Math.min(...looked.map(({ ms }) => ms))
    return `${atRate(rateKBps)} bytes through ${linkCount(looked)} take ${quickest} ms and more`
  },
})

const BLACKHOLE = toxic({
  name: 'link-blackhole',
  does: 'a link takes connections and everything said, and delivers nothing',
  witnessed: 'a connection from inside the pod is made and gets no answer within a second',
  cannotShow: 'packets that are lost before a connection: a partition drops those',
  source: 'HLD:39-41',
  parameters: {},
  toxics: () => both('timeout', { timeout: 0 }),
  dial: () => ({}),
  isBitten: ({ what }) => what === 'silent',
  says: (looked) => `${linkCount(looked)}: connected, and no answer within 1 s`,
})

const RESET = toxic({
  name: 'link-reset',
  does: 'connections through a link are reset as soon as something is said; older ones are closed',
  witnessed: 'a connection from inside the pod ends with ECONNRESET',
  cannotShow: 'a reset in the middle of an answer',
  source: 'HLD:34-37',
  parameters: {},
  toxics: () => both('reset_peer', { timeout: 0 }),
  dial: () => ({ times: 2 }),
  isBitten: ({ what }) => what === 'reset',
  says: (looked) => `${linkCount(looked)}: connection reset by peer`,
})

const CLOSED_AFTER = toxic({
  name: 'link-closed-after',
  does: 'a link closes each connection when it has carried so many bytes in one direction',
  witnessed: 'a pod that says more than that is cut off without an answer',
  cannotShow: 'what the other end made of the first part',
  source: 'HLD:34-37',
  parameters: { afterBytes: { default: 4096, says: 'of each connection and direction' } },
  toxics: (aim) => {
    const bytes = numberGiven(aim, 'afterBytes')
    if (bytes > MOST_SAID / 2) {
      throw new BadAim(`${bytes} bytes: only up to ${MOST_SAID / 2} can be seen`)
    }
    return both('limit_data', { bytes })
  },
  dial: ({ afterBytes = 0 }) => ({ bytes: afterBytes + 2000 }),
  isBitten: ({ what }) => what === 'closed' || what === 'reset',
  says: (looked, { afterBytes = 0 }) =>
    `${linkCount(looked)}: cut off without an answer while saying ${afterBytes + 2000} bytes`,
})

export const TOXIC_FAULTS: readonly FaultKind[] = [
  LATENCY,
  BANDWIDTH,
  BLACKHOLE,
  RESET,
  CLOSED_AFTER,
]

/** Later by `latencyMs` ± `jitterMs` in each direction: a round trip takes twice as much more. */
export const slowed = (
  links: string,
  given: { readonly latencyMs: number; readonly jitterMs?: number },
): Fault<ToxicPlan> => aimed(LATENCY, links, given)

/** At most `rateKBps` kilobytes per second, in each direction. */
export const narrowed = (links: string, rateKBps: number): Fault<ToxicPlan> =>
  aimed(BANDWIDTH, links, { rateKBps })

/** Takes everything and delivers nothing. */
export const blackholed = (links: string): Fault<ToxicPlan> => aimed(BLACKHOLE, links)

/** Every connection is reset as soon as something is said. */
export const reset = (links: string): Fault<ToxicPlan> => aimed(RESET, links)

/** Every connection is closed after so many bytes. */
export const closedAfter = (links: string, bytes: number): Fault<ToxicPlan> =>
  aimed(CLOSED_AFTER, links, { afterBytes: bytes })

const linkCount = (looked: readonly Looked[]): string => {
  const [first] = looked
  return looked.length === 1 && first !== undefined
    ? linkText(first.link)
    : `each of ${looked.length} links`
}

function toxic({ toxics, dial, isBitten, compares, says, ...told }: Told): FaultKind<ToxicPlan> {
  const look = async (docker: Docker, plan: ToxicPlan): Promise<Look<string>> => {
    const { links, by } = plan
    const straight = compares === true ? await lookThrough(docker, links, dial(by), 'past') : []
    const looked = await lookThrough(docker, links, dial(by))
    const pastMs = ({ pod, link }: AimedLink) =>
      straight.find((one) => one.link.pod === pod && one.link.link === link)?.ms ?? 0
    const isSo = (one: Looked) => isBitten(one, pastMs(one.link), by)
    const longest = Math.max(0, ...straight.map(({ ms }) => ms))
    return seen(looked.every(isSo), says(looked, by, longest), oddOnes(looked, isSo))
  }
  return {
    ...told,
    family: 'network',
    final: false,
    targets: LINK_TARGETS,
    needs: [],
    async plan(cluster: Cluster, aim, seed) {
      const links = await linksOf(cluster, aim.target, seed)
      const by = Object.fromEntries(
        Object.keys(told.parameters).map((name) => [name, numberGiven(aim, name)]),
      )
      const named = toxics(aim).map(
        (each): Toxic => ({ ...each, name: `drill-${told.name}-${each.stream}` }),
      )
      return {
        target: linksText(aim.target, links),
        touches: podsOf(links),
        links: links.map((link) => ({ ...link, toxics: named })),
        by,
      }
    },
    async inject(_cluster, { links }, { clock }) {
      const issued = clock.now()
      await Promise.all(
        links.flatMap(({ toxiproxy, link, toxics: own }) =>
          own.map((each) => new Links(toxiproxy).addToxic(link, each)),
        ),
      )
      return { issued, proven: clock.now() }
    },
    witness: (cluster, plan) => look(cluster.docker, plan),
    async heal(docker, { links }) {
      const there = await onLivingPods(docker, links)
      await Promise.all(
        there.map(async ({ toxiproxy, link, toxics: own }) => {
          for (const { name } of own) await new Links(toxiproxy).removeToxic(link, name)
        }),
      )
    },
    async residue(docker, { links }) {
      const there = await onLivingPods(docker, links)
      const left = there.map(async (each) => {
        const { toxics: now } = await new Links(each.toxiproxy).state(each.link)
        return each.toxics
          .filter(({ name }) => now.some((one) => one.name === name))
          .map(({ name }) => `toxic ${name} on link ${linkText(each)}`)
      })
      return (await Promise.all(left)).flat()
    },
  }
}
