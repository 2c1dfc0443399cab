import { Kms } from '../aws/kms.ts'
import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { products } from '../vault/product.ts'
import type { AwsPlace } from './aws-place.ts'
import type { Clients } from './clients.ts'
import type { ClusterParts } from './cluster.ts'
import { Machines } from './machines.ts'
import { Operator, type OperatorPlace } from './operator.ts'
import { SECRETS, STORE } from './topology.ts'
import { View } from './view.ts'

/** What somebody has been given to sign in with; nothing else of the team's is in reach. */
export type SignsIn = { readonly token?: Secret | undefined }

/** The person on call of this cluster: everything goes through the operator's own links. */
export function operatorOf(
  parts: ClusterParts,
  clients: Clients,
  { token, ...rest }: Pick<OperatorPlace, 'notes' | 'log' | 'signal'> & SignsIn,
): Operator {
  const { nodes, surroundings, aws, authority, multiplier, product } = parts
  const { balancer, operator } = surroundings
  const own = nodes.map(({ name }) => clients.at(name, operator.addressOf(name)))
  const anonymous = (node: string) => {
    const client = own.find((each) => each.node === node)
    if (client === undefined) throw new RangeError(`the operator has no link to ${node}`)
    return client
  }
  return new Operator({
    view: new View(token === undefined ? own : own.map((client) => client.withToken(token))),
    anonymous,
    freshBalancerClient: () => clients.at('balancer', operator.addressOf('balancer')),
    balancer: balancer.container,
    nodes,
    describeKey: (key = aws.key.alias) => describeKey(aws, key, rest.signal),
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

/** All that AWS asks of whoever only looks. */
async function describeKey({ address }: AwsPlace, key: string, signal: AbortSignal) {
  const kms = await Kms.at(address)
  try {
    return await kms.describe(key, { signal })
  } finally {
    kms.close()
  }
}
