import type { Address } from '../lib/http.ts'
import type { Link } from '../stack/toxiproxy.ts'

/**
 * Who sits where and who can call whom, as data. A node is a pod: a Toxiproxy container owns the
 * network namespace and the server joins it, so killing the server keeps addresses and links.
 * Every directed link (node → peer, node → AWS, balancer → node, operator → anything) is one
 * named listener in the pod of the side that calls.
 */

export const API_PORT = 8200
export const RAFT_PORT = 8201
export const TOXIPROXY_PORT = 8474

export type PodPlan = {
  readonly name: string
  readonly ip: string
  /** `name:address` lines of the pod's hosts file: peers resolve to the pod's own links. */
  readonly hosts: readonly string[]
  readonly links: readonly Link[]
}

export type Topology = {
  readonly nodes: readonly PodPlan[]
  readonly balancer: PodPlan
  /** The place that procedures and load work from; its links can be cut, ours cannot. */
  readonly operator: PodPlan
  /** A node beside the cluster, for what only an uninitialised server shows. */
  readonly spare: PodPlan
}

/** Addresses 0 and 1 are the subnet's and the gateway's, 2 is LocalStack's. */
const FIRST_ADDRESS = 16
/** What one cluster takes in the run's network. */
export const ADDRESSES_PER_CLUSTER = 16
/** Of these the one for an emulator of its own. */
export const OWN_AWS = ADDRESSES_PER_CLUSTER - 1

/** The n-th address of the index-th cluster, given those of the run's network. */
export const addressIn =
  (networkAddress: (n: number) => string, index: number) =>
  (n: number): string =>
    networkAddress(FIRST_ADDRESS + index * ADDRESSES_PER_CLUSTER + n)

export const KMS_LINK = '127.0.2.1'
const S3_LINK = '127.0.2.2'

/** The operator's link to the object store, and its port there. */
export const STORE = 's3'
export const STORE_PORT = 4567
/** The operator's link to AWS Secrets Manager, and its port there. */
export const SECRETS = 'secrets'
export const SECRETS_PORT = 4568

export type TopologyOptions = {
  readonly nodes: number
  /** The n-th of the addresses that belong to this cluster, from 0. */
  readonly address: (n: number) => string
  readonly aws: Address
}

export function topologyOf({ nodes, address, aws }: TopologyOptions): Topology {
  const names = Array.from({ length: nodes + 1 }, (_, i) => `vault-${i + 1}`)
  const ipOf = (name: string) => address(names.indexOf(name))
  const all = names.map((name) => nodePod(name, names, ipOf, aws))
  const balancerIp = address(nodes + 1)
  const members = names.slice(0, nodes)
  return {
    nodes: all.slice(0, nodes),
    spare: all[nodes] as PodPlan,
    balancer: {
      name: 'balancer',
      ip: balancerIp,
      hosts: [],
      links: members.map((name, i) => ({
        name: `api-${name}`,
        listen: `127.0.1.${i + 1}:${API_PORT}`,
        upstream: `${ipOf(name)}:${API_PORT}`,
      })),
    },
    operator: {
      name: 'operator',
      ip: address(nodes + 2),
      hosts: [],
      links: [
        { name: 'balancer', listen: `0.0.0.0:${API_PORT}`, upstream: `${balancerIp}:${API_PORT}` },
        ...members.map((name, i) => ({
          name: `api-${name}`,
          listen: `0.0.0.0:${operatorPort(i)}`,
          upstream: `${ipOf(name)}:${API_PORT}`,
        })),
        { name: 'kms', listen: '0.0.0.0:4566', upstream: `${aws.host}:${aws.port}` },
        { name: STORE, listen: `0.0.0.0:${STORE_PORT}`, upstream: `${aws.host}:${aws.port}` },
        { name: SECRETS, listen: `0.0.0.0:${SECRETS_PORT}`, upstream: `${aws.host}:${aws.port}` },
      ],
    },
  }
}

/** The operator's port for the i-th node, from 0. */
export const operatorPort = (i: number): number => API_PORT + 10 * (i + 1)

function nodePod(
  name: string,
  names: readonly string[],
  ipOf: (name: string) => string,
  aws: Address,
): PodPlan {
  const peers = names.filter((peer) => peer !== name)
  const linkIp = (peer: string) => `127.0.1.${names.indexOf(peer) + 1}`
  return {
    name,
    ip: ipOf(name),
    hosts: [
      `${name}:${ipOf(name)}`,
      ...peers.map((peer) => `${peer}:${linkIp(peer)}`),
      `kms:${KMS_LINK}`,
      `s3:${S3_LINK}`,
    ],
    links: [
      ...peers.flatMap((peer) => [
        {
          name: `api-${peer}`,
          listen: `${linkIp(peer)}:${API_PORT}`,
          upstream: `${ipOf(peer)}:${API_PORT}`,
        },
        {
          name: `raft-${peer}`,
          listen: `${linkIp(peer)}:${RAFT_PORT}`,
          upstream: `${ipOf(peer)}:${RAFT_PORT}`,
        },
      ]),
      { name: 'kms', listen: `${KMS_LINK}:4566`, upstream: `${aws.host}:${aws.port}` },
      { name: 's3', listen: `${S3_LINK}:4566`, upstream: `${aws.host}:${aws.port}` },
    ],
  }
}
