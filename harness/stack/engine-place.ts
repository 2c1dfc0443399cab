import type Dockerode from 'dockerode'
import type { Docker, EngineFacts } from './docker.ts'

/** How another process reaches the same engine, which does not know our environment. */
export type EnginePlace = {
  readonly facts: EngineFacts
  readonly connection: Dockerode.DockerOptions
}

export async function enginePlace({ engine, facts }: Docker): Promise<EnginePlace> {
  const { modem } = engine as unknown as {
    modem: Dockerode.DockerOptions & { getSocketPath: () => Promise<string> | undefined }
  }
  const socketPath = await modem.getSocketPath()
  if (socketPath !== undefined) return { facts, connection: { socketPath } }
  const { protocol, host, port, ca, cert, key } = modem
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  return { facts, connection: { protocol, host, port, ...tls } as Dockerode.DockerOptions }
}
