import type { Cluster } from '../cluster/cluster.ts'
import type { Pod } from '../cluster/ground.ts'
import type { Address } from '../lib/http.ts'
import type { Seed } from '../lib/seed.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import type { ToolboxSpec } from '../stack/toolbox.ts'
import type { Link } from '../stack/toxiproxy.ts'
import { CannotPlan } from './fault.ts'
import { nodesOf } from './target.ts'

/**
 * Which directed links a fault is aimed at. People write who calls and what is called:
 * `vault-1->raft-vault-2` (one link), `leader->standbys` (API and Raft links to these nodes),
 * `vault-1->*`, `*->vault-1`, `balancer->leader`, `vault-1->kms`, several with semicolons
 * between them; `peers` is every link between nodes, `all` every link there is.
 */

/** One link with all that is needed to bend it, look through it and mend it, as JSON. */
export type AimedLink = {
  readonly pod: string
  /** Id of the pod's container. */
  readonly container: string
  /** Of the pod's Toxiproxy. */
  readonly toxiproxy: Address
  readonly tools: ToolboxSpec
  readonly link: string
  /** As its owner dials it, inside the pod. */
  readonly listen: Address
  /** Whether it listens for others as well, which only the operator's do. */
  readonly isOpen: boolean
  readonly upstream: Address
  /** What its other end understands, for whoever looks through it. */
  readonly speaks: 'tls' | 'http'
}

export const LINK_TARGETS: readonly [string, ...string[]] = [
  'peers',
  'all',
  'leader->standbys',
  'balancer->leader',
  '<pod>-><link or node or *>',
  '*-><node>',
]

/** How an {@link AimedLink} is called in words. */
export const linkText = ({ pod, link }: Pick<AimedLink, 'pod' | 'link'>): string =>
  `${pod}->${link}`

/** Few links by their names, many as they were asked for. */
export const linksText = (asked: string, links: readonly AimedLink[]): string =>
  links.length <= 2 ? links.map(linkText).join(',') : asked

/** @throws {CannotPlan} when there is no such link. */
export async function linksOf(
  cluster: Cluster,
  target: string,
  seed: Seed,
): Promise<readonly AimedLink[]> {
  const found = new Map<string, AimedLink>()
  for (const part of target.split(';')) {
    for (const link of await linksOfPart(cluster, part, seed)) found.set(linkText(link), link)
  }
  return [...found.values()]
}

/** Every link that these call these by, in this direction only. */
export async function linksBetween(
  cluster: Cluster,
  callers: string | readonly string[],
  called: string,
  seed: Seed,
): Promise<readonly AimedLink[]> {
  const pods =
    typeof callers === 'string'
      ? await callersOf(cluster, callers, seed)
      : callers.map((name) => cluster.pod(name))
  const isCalled = await linkMatcher(cluster, called, seed)
  return pods.flatMap((pod) =>
    pod.plan.links.filter((link) => isCalled(link)).map((link) => aimedLink(cluster, pod, link)),
  )
}

async function linksOfPart(
  cluster: Cluster,
  part: string,
  seed: Seed,
): Promise<readonly AimedLink[]> {
  const text = part.trim()
  if (text === 'all') return linksBetween(cluster, '*', '*', seed)
  const nodes = cluster.nodes.map(({ name }) => name).join(',')
  if (text === 'peers') return linksBetween(cluster, nodes, nodes, seed)
  const [callers, called, more] = text.split('->').map((side) => side.trim())
  if (!callers || !called || more !== undefined) {
    throw new CannotPlan(`"${part}" is no link; links are written like vault-1->raft-vault-2`)
  }
  const links = await linksBetween(cluster, callers, called, seed)
  if (links.length > 0) return links
  const pods = await callersOf(cluster, callers, seed)
  const there = pods.flatMap(({ plan }) => plan.links.map(({ name }) => `${plan.name}->${name}`))
  throw new CannotPlan(`there is no link "${part}"; there are ${there.join(', ')}`)
}

async function callersOf(cluster: Cluster, text: string, seed: Seed): Promise<readonly Pod[]> {
  const nodes = cluster.nodes.map(({ name }) => name)
  if (text === '*') return [...nodes, 'balancer', 'operator'].map((name) => cluster.pod(name))
  if (text === 'balancer' || text === 'operator') return [cluster.pod(text)]
  return (await nodesOf(cluster, text, seed)).map(({ name }) => cluster.pod(name))
}

async function linkMatcher(
  cluster: Cluster,
  text: string,
  seed: Seed,
): Promise<(link: Link) => boolean> {
  if (text === '*') {
    // Beside the members' there are links to a node that is rarely there.
    const members = cluster.nodes.map(({ name }) => name)
    return ({ name }) => !/^(api|raft)-/.test(name) || members.includes(calledBy(name))
  }
  if (/^((api|raft)-|kms$|s3$|secrets$|balancer$)/.test(text)) return ({ name }) => name === text
  const called = (await nodesOf(cluster, text, seed)).map(({ name }) => name)
  return ({ name }) => called.includes(calledBy(name))
}

/** Whom a link of this name leads to. */
const calledBy = (link: string): string => link.replace(/^(api|raft)-/, '')

function aimedLink(cluster: Cluster, pod: Pod, { name, listen, upstream }: Link): AimedLink {
  const at = addressOf(listen)
  const isOpen = at.host === '0.0.0.0'
  const isAws = ['kms', 's3', 'secrets'].includes(name)
  const isTls = name.startsWith('raft-') || (!isAws && cluster.authority !== undefined)
  return {
    pod: pod.plan.name,
    container: pod.container.id,
    toxiproxy: pod.links.address,
    tools: cluster.toolbox(pod.plan.name),
    link: name,
    listen: isOpen ? { ...at, host: '127.0.0.1' } : at,
    isOpen,
    upstream: addressOf(upstream),
    speaks: isTls ? 'tls' : 'http',
  }
}

function addressOf(text: string): Address {
  const [host = '', port] = text.split(':')
  return { host, port: Number(port) }
}

/** Ids of the pods that own them. */
export const podsOf = (links: readonly AimedLink[]): readonly string[] => [
  ...new Set(links.map(({ container }) => container)),
]

/** A pod's links and toxics are in its memory: they went with one that does not run any more. */
export async function onLivingPods<L extends AimedLink>(
  { engine }: Docker,
  links: readonly L[],
): Promise<readonly L[]> {
  const ids = podsOf(links)
  const living = await Promise.all(
    ids.map(async (id) => {
      const pod = new Container(engine, id, id)
      return (await pod.labelsIfThere()) !== undefined && (await pod.state()).running
    }),
  )
  return links.filter(({ container }) => living[ids.indexOf(container)] === true)
}

/** Each pod that owns some of them, once. */
export async function eachPod(
  links: readonly AimedLink[],
  act: (tools: ToolboxSpec, own: readonly AimedLink[]) => Promise<void>,
): Promise<void> {
  const byPod = [...Map.groupBy(links, ({ pod }) => pod).values()]
  await Promise.all(
    byPod.map((own) => {
      const [{ tools }] = own as [AimedLink, ...AimedLink[]]
      return act(tools, own)
    }),
  )
}
