import { Kms } from '../aws/kms.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Address } from '../lib/http.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { LOCALSTACK_PORT } from '../stack/localstack.ts'

/** The emulator as a plan names it. */
export type Emulator = {
  /** Id of its container. */
  readonly container: string
  /** Where pods find it, which outlives a restart. */
  readonly inside: Address
}

export const emulatorOf = ({ aws }: Cluster): Emulator => ({
  container: aws.container,
  inside: aws.inside,
})

/** Asked anew each time: a published port is another one after a restart. */
export async function addressOf(
  { engine, facts }: Docker,
  { container, inside }: Emulator,
): Promise<Address> {
  if (facts.dial === 'direct') return inside
  const emulator = new Container(engine, container, 'the emulator')
  return { host: '127.0.0.1', port: await emulator.publishedPort(LOCALSTACK_PORT) }
}

/** Its KMS for the time of one act, through no link. */
export async function withKms<T>(
  docker: Docker,
  emulator: Emulator,
  act: (kms: Kms) => Promise<T>,
): Promise<T> {
  const kms = await Kms.at(await addressOf(docker, emulator))
  try {
    return await act(kms)
  } finally {
    kms.close()
  }
}
