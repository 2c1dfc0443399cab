import type { Address, Tls } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import type { ClusterParts } from './cluster.ts'

export type ProbeTarget = {
  readonly name: string
  readonly address: Address
  readonly tls?: Tls | undefined
}

/** What the probe needs to dial everything directly, through no link of the operator's. */
export type ProbeTargets = {
  readonly balancer: ProbeTarget
  readonly nodes: readonly ProbeTarget[]
  readonly token: Secret
}

export function probeTargets(parts: ClusterParts): ProbeTargets {
  const target = (name: string, address: Address): ProbeTarget => ({
    name,
    address,
    tls: tlsOf(parts, name),
  })
  return {
    balancer: target('balancer', parts.surroundings.balancer.address),
    nodes: parts.nodes.map(({ name, address }) => target(name, address)),
    token: parts.probeToken,
  }
}

/** How a client makes sure that it talks to the server of this name. */
export const tlsOf = (
  { authority }: Pick<ClusterParts, 'authority'>,
  servername: string,
): Tls | undefined => (authority === undefined ? undefined : { ca: authority.ca, servername })
