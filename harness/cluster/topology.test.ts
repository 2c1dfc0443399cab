import { describe, expect, test } from 'vitest'
import { addressIn, operatorPort, type PodPlan, type Topology, topologyOf } from './topology.ts'

const aws = { host: '10.200.0.2', port: 4566 }
/** The index-th cluster of a run. */
const clusterAt = (index: number) =>
  topologyOf({ nodes: 3, address: addressIn((n) => `10.200.0.${n}`, index), aws })
const podsOf = ({ nodes, spare, balancer, operator }: Topology): readonly PodPlan[] => [
  ...nodes,
  spare,
  balancer,
  operator,
]
const topology = clusterAt(0)
const { nodes, balancer, operator, spare } = topology
const pods = podsOf(topology)

const link = (pod: PodPlan, name: string) => pod.links.find((each) => each.name === name)
const hostOf = (pod: PodPlan, name: string) =>
  pod.hosts.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1)

const pairs = nodes.flatMap((from) =>
  nodes.filter((to) => to !== from).map((to) => [from.name, to.name, from, to] as const),
)

describe.each(pairs)('%s and %s', (_from, _to, from, to) => {
  test.each([
    ['API', 'api', 8200],
    ['Raft', 'raft', 8201],
  ])('have a link of their own for %s', (_what, kind, port) => {
    const found = link(from, `${kind}-${to.name}`)
    expect(found?.upstream).toBe(`${to.ip}:${port}`)
    // The name of the peer leads to the link and not to the peer.
    expect(found?.listen).toBe(`${hostOf(from, to.name)}:${port}`)
  })
})

test('three nodes have six pairs', () => {
  expect(pairs).toHaveLength(6)
})

test.each(pods.map((pod) => [pod.name, pod] as const))('%s listens nowhere twice', (_name, pod) => {
  const listeners = pod.links.map(({ listen }) => listen)
  expect(new Set(listeners).size).toBe(listeners.length)
  const names = pod.links.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('no pod of any cluster has an address that is taken', () => {
  const ips = [0, 1, 2].flatMap((index) => podsOf(clusterAt(index)).map(({ ip }) => ip))
  expect(ips).toHaveLength(3 * pods.length)
  const taken = new Set([aws.host, '10.200.0.0', '10.200.0.1', ...ips])
  expect(taken.size).toBe(3 + ips.length)
})

test.each(nodes.map((node) => [node.name, node] as const))(
  '%s is itself, and has AWS behind links',
  (name, node) => {
    expect(hostOf(node, name)).toBe(node.ip)
    for (const service of ['kms', 's3']) {
      const found = link(node, service)
      expect(found?.upstream).toBe('10.200.0.2:4566')
      expect(found?.listen).toBe(`${hostOf(node, service)}:4566`)
    }
  },
)

test('the spare node is beside the cluster: it reaches all nodes, and no node reaches it by name', () => {
  expect(nodes.map(({ name }) => link(spare, `api-${name}`)?.upstream)).toEqual(
    nodes.map(({ ip }) => `${ip}:8200`),
  )
  expect(balancer.links.map(({ upstream }) => upstream)).not.toContain(`${spare.ip}:8200`)
})

test('the balancer has a link to each node and to nothing else', () => {
  expect(balancer.links.map(({ upstream }) => upstream)).toEqual(
    nodes.map(({ ip }) => `${ip}:8200`),
  )
})

test('the operator reaches balancer, nodes and services of AWS from outside its pod', () => {
  expect(operator.links).toEqual([
    { name: 'balancer', listen: '0.0.0.0:8200', upstream: `${balancer.ip}:8200` },
    ...nodes.map(({ name, ip }, i) => ({
      name: `api-${name}`,
      listen: `0.0.0.0:${operatorPort(i)}`,
      upstream: `${ip}:8200`,
    })),
    { name: 'kms', listen: '0.0.0.0:4566', upstream: '10.200.0.2:4566' },
    { name: 's3', listen: '0.0.0.0:4567', upstream: '10.200.0.2:4566' },
    { name: 'secrets', listen: '0.0.0.0:4568', upstream: '10.200.0.2:4566' },
  ])
})
