import { seconds } from '../lib/duration.ts'
import { products } from '../vault/product.ts'
import type { Clients } from './clients.ts'
import type { ClusterParts } from './cluster.ts'
import { Machines } from './machines.ts'
import { Operator, type OperatorPlace } from './operator.ts'
import { SECRETS, STORE } from './topology.ts'
import { View } from './view.ts'

/** The person on call of this cluster: everything goes through the operator's own links. */
export function operatorOf(
  parts: ClusterParts,
  clients: Clients,
  rest: Pick<OperatorPlace, 'notes' | 'log' | 'signal'>,
): Operator {
  const { nodes, surroundings, aws, rootToken, authority, multiplier, product } = parts
  const { balancer, operator } = surroundings
  const own = nodes.map(({ name }) => clients.at(name, operator.addressOf(name)))
  const anonymous = (node: string) => {
    const client = own.find((each) => each.node === node)
    if (client === undefined) throw new RangeError(`the operator has no link to ${node}`)
    return client
  }
  return new Operator({
    view: new View(own.map((client) => client.withToken(rootToken))),
    anonymous,
    freshBalancerClient: () => clients.at('balancer', operator.addressOf('balancer')),
    balancer: balancer.container,
    nodes,
    aws,
    store: operator.addressOf(STORE),
    secretsManager: () => operator.addressOf(SECRETS),
    product,
    machines: new Machines(parts),
    heartbeat: seconds(multiplier),
    dataPath: products[product].dataPath,
    ca: authority?.ca,
    ...rest,
  })
}
