import type Dockerode from 'dockerode'
import { ignoring, statusOf } from './container.ts'
import { type Named, refuseNameOfOthers } from './name-of-others.ts'

/**
 * Twice is harmless. @throws when a container still holds it, {NameOfOthers} when it is not of
 * the run that these labels name.
 */
export async function removeVolume(docker: Dockerode, { name, labels }: Named): Promise<void> {
  if (!(await isVolumeThere(docker, name))) return
  const volume = docker.getVolume(name)
  refuseNameOfOthers({ name, labels }, (await volume.inspect()).Labels)
  await volume.remove().catch(ignoring(404))
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
