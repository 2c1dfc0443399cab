import type { Authority } from '../lib/certificates.ts'
import type { Address } from '../lib/http.ts'
import type { Container } from '../stack/container.ts'
import { balancerConfiguration, CONFIGURATION } from '../stack/haproxy.ts'
import { type Ground, type Holdings, type Pod, reach, startPod } from './ground.ts'
import {
  API_PORT,
  operatorPort,
  SECRETS,
  SECRETS_PORT,
  STORE,
  STORE_PORT,
  type Topology,
} from './topology.ts'

/** What stands around the nodes: the clients' way in, and the operator's place. */
export type Surroundings = {
  readonly balancer: {
    readonly pod: Pod
    readonly container: Container
    readonly address: Address
  }
  readonly operator: {
    readonly pod: Pod
    /** Where we dial to reach a node, `balancer` or a service of AWS, through the operator's link. */
    readonly addressOf: (name: string) => Address
  }
}

export async function startSurroundings(
  ground: Ground,
  holdings: Holdings,
  topology: Topology,
  authority: Authority | undefined,
  signal: AbortSignal,
): Promise<Surroundings> {
  const balancer = startBalancer(ground, holdings, topology, authority, signal)
  const operator = startOperator(ground, holdings, topology, signal)
  await Promise.allSettled([balancer, operator])
  return { balancer: await balancer, operator: await operator }
}

async function startBalancer(
  ground: Ground,
  holdings: Holdings,
  { balancer, nodes }: Topology,
  authority: Authority | undefined,
  signal: AbortSignal,
): Promise<Surroundings['balancer']> {
  const pod = await startPod(ground, holdings, balancer, [API_PORT], signal)
  const { haproxy } = ground.images
  const container = await holdings.container({
    name: 'balancer',
    image: haproxy.reference,
    ...(haproxy.entrypoint === undefined ? {} : { entrypoint: haproxy.entrypoint }),
    command: ['-W', '-db', '-f', CONFIGURATION],
    network: { of: pod.container },
    files: [
      {
        path: CONFIGURATION,
        content: balancerConfiguration({
          bind: `${balancer.ip}:${API_PORT}`,
          tls: authority !== undefined,
          backends: nodes.map(({ name }, i) => ({
            name,
            address: balancer.links[i]?.listen ?? '',
            servername: name,
          })),
        }),
      },
    ],
  })
  await container.start()
  return { pod, container, address: await reach(ground, pod.container, balancer.ip, API_PORT) }
}

async function startOperator(
  ground: Ground,
  holdings: Holdings,
  { operator, nodes }: Topology,
  signal: AbortSignal,
): Promise<Surroundings['operator']> {
  const reached = [
    ['balancer', API_PORT] as const,
    ...nodes.map(({ name }, i) => [name, operatorPort(i)] as const),
    [STORE, STORE_PORT] as const,
    [SECRETS, SECRETS_PORT] as const,
  ]
  const ports = reached.map(([, port]) => port)
  const pod = await startPod(ground, holdings, operator, ports, signal)
  const addresses = new Map(
    await Promise.all(
      reached.map(async ([name, port]) => {
        const address = await reach(ground, pod.container, operator.ip, port)
        return [name, address] as const
      }),
    ),
  )
  const addressOf = (name: string): Address => {
    const address = addresses.get(name)
    if (address === undefined) throw new RangeError(`the operator has no link to ${name}`)
    return address
  }
  return { pod, addressOf }
}
