import type Dockerode from 'dockerode'
import { wallClockMs } from '../lib/clock.ts'
import { Container, ignoring } from './container.ts'
import { runLabels } from './labels.ts'
import { livenessOf } from './owner.ts'

/** Something with our label on the engine. */
export type Leftover = {
  readonly kind: 'container' | 'network' | 'volume'
  readonly id: string
  readonly name: string
  readonly run: string
  readonly labels: Readonly<Record<string, string>>
}

export type Swept = { readonly removed: readonly Leftover[]; readonly left: readonly Leftover[] }

/** Everything that carries our label, whoever made it. */
export async function findOurs(docker: Dockerode): Promise<readonly Leftover[]> {
  const filters = JSON.stringify({ label: [runLabels.run] })
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ])
  const leftover = (
    kind: Leftover['kind'],
    id: string,
    name: string,
    labels: Record<string, string> = {},
  ): Leftover => ({ kind, id, name, run: labels[runLabels.run] ?? 'unknown', labels })
  return [
    ...containers.map((each) =>
      leftover('container', each.Id, each.Names[0]?.replace(/^\//, '') ?? each.Id, each.Labels),
    ),
    ...networks.map((each) => leftover('network', each.Id, each.Name, each.Labels)),
    ...volumes.Volumes.map((each) => leftover('volume', each.Name, each.Name, each.Labels)),
  ]
}

/**
 * Removes what runs left that are no longer alive: on this host by boot id and process start,
 * from other hosts (a shared engine) only after they expired. A run that is still alive is
 * never touched.
 */
export async function sweep(docker: Dockerode): Promise<Swept> {
  const ours = await findOurs(docker)
  const removed = ours.filter(isAbandoned)
  await removeAll(docker, removed)
  return { removed, left: ours.filter((each) => !isAbandoned(each)) }
}

/** Removes everything of one run, containers first because they hold the rest. */
export async function removeRun(docker: Dockerode, run: string): Promise<readonly Leftover[]> {
  const ours = (await findOurs(docker)).filter((each) => each.run === run)
  await removeAll(docker, ours)
  return ours
}

export async function removeAll(docker: Dockerode, leftovers: readonly Leftover[]): Promise<void> {
  const of = (kind: Leftover['kind']) => leftovers.filter((each) => each.kind === kind)
  await Promise.all(of('container').map(({ id, name }) => new Container(docker, id, name).remove()))
  await Promise.all(
    of('network').map(({ id }) => docker.getNetwork(id).remove().catch(ignoring(404))),
  )
  await Promise.all(
    of('volume').map(({ id }) => docker.getVolume(id).remove({ force: true }).catch(ignoring(404))),
  )
}

function isAbandoned({ labels }: Leftover): boolean {
  const expired = Date.parse(labels[runLabels.expiresAt] ?? '') < wallClockMs()
  switch (livenessOf(labels[runLabels.owner] ?? '')) {
    case 'alive':
      return false
    case 'dead':
      return labels[runLabels.kept] === undefined || expired
    case 'elsewhere':
      return expired
  }
}
