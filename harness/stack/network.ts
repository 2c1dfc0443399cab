import { randomInt } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type Dockerode from 'dockerode'
import { ignoring } from './container.ts'

/** A bridge network of this run with a subnet of its own, so that pods keep fixed addresses. */
export type Network = {
  readonly id: string
  readonly name: string
  /** The n-th address of the subnet (1 = gateway). */
  readonly address: (n: number) => string
  readonly remove: () => Promise<void>
}

const ATTEMPTS = 12

/**
 * Subnets are drawn at random from 10.128.0.0/9 in steps of /20; the engine refuses one that
 * overlaps another of its networks, and those of the host's own interfaces are passed over.
 */
export async function createNetwork(
  docker: Dockerode,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<Network> {
  let refusal: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const second = randomInt(128, 256)
    const third = randomInt(0, 16) * 16
    if (isTakenByHost(second, third)) continue
    const base = ((10 << 24) | (second << 16) | (third << 8)) >>> 0
    try {
      const network = await docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        Labels: { ...labels },
        IPAM: {
          Driver: 'default',
          Config: [{ Subnet: `${dotted(base)}/20`, Gateway: dotted(base + 1) }],
        },
      })
      return {
        id: network.id,
        name,
        address: (n) => dotted(base + n),
        remove: async () => {
          await network.remove().catch(ignoring(404))
        },
      }
    } catch (error) {
      if (!/overlap/i.test(String(error))) throw error
      refusal = error
    }
  }
  throw new Error(`no free subnet in 10.128.0.0/9 after ${ATTEMPTS} draws`, { cause: refusal })
}

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')

function isTakenByHost(second: number, third: number): boolean {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ family, address }) => {
      if (family !== 'IPv4') return false
      const [a, b, c] = address.split('.').map(Number)
      return a === 10 && b === second && c !== undefined && (c & 0xf0) === third
    })
}
