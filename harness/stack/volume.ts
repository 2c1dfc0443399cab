import type Dockerode from 'dockerode'
import { ignoring, statusOf } from './container.ts'

/** @throws when a container still holds it. Twice is harmless. */
export async function removeVolume(docker: Dockerode, name: string): Promise<void> {
  await docker.getVolume(name).remove().catch(ignoring(404))
}

export async function isVolumeThere(docker: Dockerode, name: string): Promise<boolean> {
  return docker
    .getVolume(name)
    .inspect()
    .then(() => true)
    .catch((error) => {
      if (statusOf(error) === 404) return false
      throw error
    })
}
