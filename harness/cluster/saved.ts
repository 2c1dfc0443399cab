import { type Authority, openAuthority } from '../lib/certificates.ts'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import type { Abilities } from '../stack/abilities.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { Links } from '../stack/toxiproxy.ts'
import { VaultClient } from '../vault/client.ts'
import { Cluster, type ClusterParts, type Readiness } from './cluster.ts'
import { type Ground, Holdings, type Pod } from './ground.ts'
import { Node, type NodeParts } from './node.ts'
import { tlsOf } from './probe-targets.ts'
import type { ServerSpec } from './server.ts'
import { type PodPlan, SECRETS, STORE } from './topology.ts'

/**
 * A cluster as data: what another process needs to use it as if it had started it. Full of
 * secrets, down to the authority's key: its text is for a file that only one user reads.
 */
export type SavedCluster = Omit<
  ClusterParts,
  'ground' | 'holdings' | 'nodes' | 'surroundings' | 'authority' | 'serverSpec'
> & {
  readonly run: string
  readonly labels: Ground['labels']
  readonly network: string
  readonly images: Ground['images']
  readonly prefix: string
  readonly abilities: Abilities
  readonly nodes: readonly (Omit<NodeParts, 'pod' | 'vault' | 'links' | 'client'> & {
    readonly pod: Saved
    readonly vault: Saved
    /** Of its pod's Toxiproxy. */
    readonly links: Address
  })[]
  readonly balancer: SavedPod & { readonly container: Saved; readonly address: Address }
  readonly operator: SavedPod & { readonly addresses: Readonly<Record<string, Address>> }
  readonly authority?: Pick<Authority, 'ca' | 'key'>
  readonly serverSpec: Omit<ServerSpec, 'authority'>
  readonly readiness: Readiness
}

type Saved = { readonly id: string; readonly name: string }
type SavedPod = { readonly pod: Saved; readonly links: Address }

export async function save(parts: ClusterParts, readiness: Readiness): Promise<SavedCluster> {
  const { ground, holdings, nodes, surroundings, authority, serverSpec, ...rest } = parts
  const { balancer, operator } = surroundings
  const { authority: _, ...spec } = serverSpec
  return {
    ...rest,
    run: ground.runId,
    labels: ground.labels,
    network: ground.network,
    images: ground.images,
    prefix: holdings.prefix,
    abilities: await ground.abilities(),
    nodes: nodes.map(({ pod, vault, links, client: _client, ...node }) => ({
      ...node,
      pod: idOf(pod),
      vault: idOf(vault),
      links: links.address,
    })),
    balancer: {
      ...savedPod(balancer.pod),
      container: idOf(balancer.container),
      address: balancer.address,
    },
    operator: {
      ...savedPod(operator.pod),
      addresses: Object.fromEntries(
        ['balancer', STORE, SECRETS, ...nodes.map(({ name }) => name)].map((of) => [
          of,
          operator.addressOf(of),
        ]),
      ),
    },
    ...(authority === undefined ? {} : { authority: { ca: authority.ca, key: authority.key } }),
    serverSpec: spec,
    readiness,
  }
}

const idOf = ({ id, name }: Container): Saved => ({ id, name })
const savedPod = ({ container, links }: Pod): SavedPod => ({
  pod: idOf(container),
  links: links.address,
})

/**
 * The cluster again. It holds nothing: what it consists of is removed by its run's label. What
 * it makes from now on (a toolbox, a spare) it finds and removes as any cluster does.
 */
export async function attach(saved: SavedCluster, docker: Docker): Promise<Cluster> {
  const container = ({ id, name }: Saved) => new Container(docker.engine, id, name)
  const pod = (plan: PodPlan, of: SavedPod): Pod => ({
    container: container(of.pod),
    links: new Links(of.links),
    plan,
  })
  const authority =
    saved.authority === undefined
      ? undefined
      : await openAuthority(saved.authority.ca, saved.authority.key)
  const ground: Ground = {
    docker,
    runId: saved.run,
    labels: saved.labels,
    network: saved.network,
    address: () => {
      throw new RangeError('a stack that was kept starts no other cluster')
    },
    images: saved.images,
    abilities: async () => saved.abilities,
  }
  const { topology, balancer, operator } = saved
  const addressOf = (node: string): Address => {
    const address = operator.addresses[node]
    if (address === undefined) throw new RangeError(`the operator has no link to ${node}`)
    return address
  }
  const nodes = saved.nodes.map(
    (node) =>
      new Node({
        ...node,
        pod: container(node.pod),
        vault: container(node.vault),
        links: new Links(node.links),
        client: new VaultClient({
          node: node.name,
          address: node.address,
          tls: tlsOf({ authority }, node.name),
        }),
      }),
  )
  return new Cluster(
    {
      ...saved,
      ground,
      holdings: new Holdings(ground, saved.prefix),
      nodes,
      surroundings: {
        balancer: {
          pod: pod(topology.balancer, balancer),
          container: container(balancer.container),
          address: balancer.address,
        },
        operator: { pod: pod(topology.operator, operator), addressOf },
      },
      authority,
      serverSpec: { ...saved.serverSpec, authority },
    },
    saved.readiness,
  )
}

/** For the process of an operator, who has of the team's secrets what a procedure is given. */
export function withoutCustody(saved: SavedCluster): SavedCluster {
  const { aws } = saved
  const key = { ...aws.key, material: NONE }
  return { ...saved, rootToken: NONE, probeToken: NONE, recoveryKeys: [], aws: { ...aws, key } }
}

const NONE = new Secret('')

/** A field of this name, alone in an object, is a secret in clear. */
const IN_CLEAR = 'drill:secret'

export const savedText = (saved: SavedCluster): string => textInClear(saved)

/** @param instead of a value that is no JSON; `undefined`: as it is. */
export const textInClear = (
  value: unknown,
  instead: (raw: unknown) => unknown = () => undefined,
): string =>
  JSON.stringify(
    value,
    // An arrow would not know the object; a secret itself has been hidden by `toJSON`.
    function (this: Record<string, unknown>, key: string, shown: unknown) {
      const raw = this[key]
      return raw instanceof Secret ? { [IN_CLEAR]: raw.reveal() } : (instead(raw) ?? shown)
    },
    2,
  )

export const readSaved = (text: string): SavedCluster =>
  JSON.parse(text, (_key, value) => secretIn(value) ?? value)

/** The secret that {@link textInClear} made this value of. */
export const secretIn = (value: unknown): Secret | undefined => {
  const clear = (value as Record<string, unknown> | null | undefined)?.[IN_CLEAR]
  return typeof clear === 'string' ? new Secret(clear) : undefined
}
