import type Dockerode from 'dockerode'
import { ignoring } from './container.ts'

/** The cable between a container and its network. */
export type Plug = {
  readonly network: string
  /** Id of the container. */
  readonly container: string
  /** The address it had and gets back. */
  readonly ip: string
}

/** Takes its interface away; packets to its address find nobody. Twice is harmless. */
export async function unplug(docker: Dockerode, { network, container }: Plug): Promise<void> {
  // 403: it is not connected.
  await docker.getNetwork(network).disconnect({ Container: container }).catch(ignoring(403, 404))
}

/** Gives it an interface with the same address again. Twice is harmless. */
export async function plugIn(docker: Dockerode, plug: Plug): Promise<void> {
  if ((await pluggedAs(docker, plug)) === plug.ip) return
  await docker.getNetwork(plug.network).connect({
    Container: plug.container,
    EndpointConfig: { IPAMConfig: { IPv4Address: plug.ip } },
  })
}

/** Its address by the network's own list of who is connected; `undefined`: it is not in it. */
export async function pluggedAs(
  docker: Dockerode,
  { network, container }: Plug,
): Promise<string | undefined> {
  const { Containers } = await docker.getNetwork(network).inspect()
  const members = Containers as Record<string, { IPv4Address?: string }> | undefined
  return members?.[container]?.IPv4Address?.split('/')[0]
}
