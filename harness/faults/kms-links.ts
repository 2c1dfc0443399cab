import type { Cluster } from '../cluster/cluster.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { Links, type Toxic } from '../stack/toxiproxy.ts'
import {
  type Aim,
  aimed,
  type Fault,
  type FaultKind,
  type FaultPlan,
  numberGiven,
} from './fault.ts'
import {
  callsText,
  encryptDirectly,
  encryptThrough,
  KMS_LINK,
  type KmsCall,
  type KmsDoor,
  kmsDoor,
} from './kms-call.ts'
import { nodesOf, type Target, targetText } from './target.ts'

/** The KMS cannot be reached: faults of the nodes' own links to it, which stays as it is. */

/** One pod's link to the KMS: how to change it, and how to see it as its owner does. */
export type KmsLink = KmsDoor & { readonly toxiproxy: Address }

export type KmsLinksPlan = FaultPlan & {
  readonly links: readonly KmsLink[]
  /** Alias of the key that the seal uses. */
  readonly key: string
  /** Absent: the link is closed. */
  readonly toxic?: Toxic
  /** How long the witness waits for an answer. */
  readonly withinMs: number
}

export const KMS_TARGETS = ['all', 'leader', 'standby', 'standbys', 'random', '<node>'] as const

/** The links of the chosen nodes, and the ids of their pods. */
export async function kmsLinksOf(
  cluster: Cluster,
  { target }: Aim,
  seed: Parameters<FaultKind['plan']>[2],
): Promise<Pick<KmsLinksPlan, 'target' | 'touches' | 'links' | 'key'>> {
  const nodes = await nodesOf(cluster, target, seed)
  return {
    target: nodes.map(({ name }) => name).join(','),
    touches: nodes.map(({ pod }) => pod.id),
    links: nodes.map(({ name, links }) => ({
      ...kmsDoor(cluster, name),
      toxiproxy: links.address,
    })),
    key: cluster.aws.key.alias,
  }
}

/** A fresh Encrypt fails like this through every one of these links, and works without them. */
export async function seenByEncrypt(
  cluster: Cluster,
  { links, key }: Pick<KmsLinksPlan, 'links' | 'key'>,
  isEffect: (call: KmsCall) => boolean,
  within: Duration,
): Promise<Look<string>> {
  const calls = await encryptThrough(cluster.docker, links, key, within)
  const text = `Encrypt through the link: ${callsText(calls)}`
  if (!calls.every(isEffect)) return notYet(text)
  const direct = await encryptDirectly(cluster.aws.address, key)
  return direct === '200'
    ? happened(`${text}; directly it works`)
    : notYet(`${text}; directly it fails as well: ${direct}`)
}

type Told = Pick<FaultKind, 'does' | 'witnessed' | 'cannotShow' | 'source'>

const SOURCE = 'RB:320-332; HLD:885-889'

const REFUSED = linkFault(
  'kms-refused',
  {
    does: 'the nodes’ links to the KMS refuse connections',
    witnessed: 'a fresh Encrypt from inside the pod is refused, one from outside works',
    cannotShow:
      'that a running node needs the KMS: it asks only to unseal, to lead and to snapshot',
    source: SOURCE,
  },
  {},
  () => undefined,
  ({ outcome }) => outcome === 'ConnectionRefusedError',
)

const BLACKHOLED = linkFault(
  'kms-blackholed',
  {
    does: 'the nodes’ links to the KMS accept connections and swallow all that is sent',
    witnessed: 'a fresh Encrypt from inside the pod has no answer, one from outside works',
    cannotShow: 'lost packets: connections are made, and only then is nothing answered',
    source: SOURCE,
  },
  {},
  () => ({ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } }),
  ({ outcome }) => outcome === 'TimeoutError',
)

const SLOW = linkFault(
  'kms-slow',
  {
    does: 'every answer of the KMS is held back',
    witnessed: 'a fresh Encrypt from inside the pod works and takes at least that long',
    cannotShow: 'a KMS that answers some calls quickly: all are held back alike',
    source: SOURCE,
  },
  { latencyMs: { default: 1500, says: 'how long each answer is held back' } },
  (aim) => ({
    type: 'latency',
    stream: 'downstream',
    attributes: { latency: numberGiven(aim, 'latencyMs'), jitter: 0 },
  }),
  ({ outcome, tookMs }, { toxic }) =>
    outcome === '200' && tookMs >= (toxic?.attributes.latency ?? Number.POSITIVE_INFINITY),
)

const RESET = linkFault(
  'kms-reset',
  {
    does: 'connections to the KMS are reset as soon as something is sent',
    witnessed: 'a fresh Encrypt from inside the pod meets a reset, one from outside works',
    cannotShow: 'resets in the middle of an answer',
    source: SOURCE,
  },
  {},
  () => ({ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } }),
  ({ outcome }) => outcome === 'ConnectionResetError',
)

export const KMS_LINK_FAULTS: readonly FaultKind[] = [REFUSED, BLACKHOLED, SLOW, RESET]

/** Connections to the KMS are refused: the outage that is noticed at once. */
export const kmsRefused = (nodes: Target = 'all'): Fault<KmsLinksPlan> =>
  aimed(REFUSED, targetText(nodes))

/** The KMS says nothing at all: whoever asks waits for his own time-out. */
export const kmsBlackholed = (nodes: Target = 'all'): Fault<KmsLinksPlan> =>
  aimed(BLACKHOLED, targetText(nodes))

export const kmsSlow = (nodes: Target = 'all', latency: Duration = seconds(1.5)): Fault =>
  aimed(SLOW, targetText(nodes), { latencyMs: latency.ms })

export const kmsReset = (nodes: Target = 'all'): Fault<KmsLinksPlan> =>
  aimed(RESET, targetText(nodes))

function linkFault(
  name: string,
  told: Told,
  parameters: FaultKind['parameters'],
  toxicOf: (aim: Aim) => Omit<Toxic, 'name'> | undefined,
  isEffect: (call: KmsCall, plan: KmsLinksPlan) => boolean,
): FaultKind<KmsLinksPlan> {
  return {
    name,
    family: 'kms',
    ...told,
    final: false,
    targets: KMS_TARGETS,
    parameters,
    needs: [],
    async plan(cluster, aim, seed) {
      const toxic = toxicOf(aim)
      return {
        ...(await kmsLinksOf(cluster, aim, seed)),
        ...(toxic === undefined ? {} : { toxic: { name: `drill-${name}`, ...toxic } }),
        withinMs: 1500 + (toxic?.attributes.latency ?? 0),
      }
    },
    async inject(_cluster, { links, toxic }, { clock }) {
      const issued = clock.now()
      await onEach(links, (pod) =>
        toxic === undefined ? pod.setEnabled(KMS_LINK, false) : pod.addToxic(KMS_LINK, toxic),
      )
      return { issued, proven: clock.now() }
    },
    witness: (cluster, plan) =>
      seenByEncrypt(cluster, plan, (call) => isEffect(call, plan), milliseconds(plan.withinMs)),
    async heal(_docker, { links, toxic }) {
      await onEach(links, (pod) =>
        toxic === undefined
          ? pod.setEnabled(KMS_LINK, true)
          : pod.removeToxic(KMS_LINK, toxic.name),
      )
    },
    async residue(_docker, { links, toxic }) {
      const left = await onEach(links, async (pod, owner) => {
        const { enabled, toxics } = await pod.state(KMS_LINK)
        if (toxic === undefined) return enabled ? [] : [`the KMS link of ${owner} is disabled`]
        const has = toxics.some((each) => each.name === toxic.name)
        return has ? [`toxic ${toxic.name} on the KMS link of ${owner}`] : []
      })
      return left.flat()
    },
  }
}

const onEach = <T>(
  links: readonly KmsLink[],
  act: (pod: Links, owner: string) => Promise<T>,
): Promise<readonly T[]> =>
  Promise.all(links.map(({ toxiproxy, pod }) => act(new Links(toxiproxy), pod)))
