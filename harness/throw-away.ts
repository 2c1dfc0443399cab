import { randomBytes } from 'node:crypto'
import { wallClockMs } from './lib/clock.ts'
import { hours } from './lib/duration.ts'
import type { Address } from './lib/http.ts'
import { readSettings } from './settings.ts'
import type { ComponentName } from './stack/component.ts'
import { type Container, type ContainerSpec, createContainer } from './stack/container.ts'
import { connectDocker, type Docker } from './stack/docker.ts'
import { type ResolvedImage, resolveImages } from './stack/images.ts'
import { runLabels } from './stack/labels.ts'
import { createNetwork, type Network } from './stack/network.ts'
import { ownerText, thisProcess } from './stack/owner.ts'
import { findOurs, removeRun } from './stack/sweep.ts'

/**
 * A place for contract tests on the engine: a network, and containers with the labels of a run,
 * so that a test that is killed is swept like one. Published ports serve with every engine.
 */
export type ThrowAway = {
  readonly docker: Docker
  readonly run: string
  readonly labels: Readonly<Record<string, string>>
  readonly network: Network
  readonly image: (name: ComponentName) => Promise<ResolvedImage>
  /** Created, not started. */
  readonly container: (spec: ThrowAwaySpec) => Promise<Container>
  /** Where this process reaches a published port. */
  readonly dial: (container: Container, port: number) => Promise<Address>
  /** Names of what is left of it on the engine. */
  readonly leftovers: () => Promise<readonly string[]>
  readonly remove: () => Promise<void>
}

export type ThrowAwaySpec = Omit<ContainerSpec, 'labels' | 'network'> &
  Partial<Pick<ContainerSpec, 'network'>>

export async function throwAway(): Promise<ThrowAway> {
  const docker = await connectDocker()
  const { engine } = docker
  const run = `contract-${randomBytes(3).toString('hex')}`
  const labels = labelsOf(run)
  const network = await createNetwork(engine, `drill-${run}`, labels)
  return {
    docker,
    run,
    labels,
    network,
    image: async (name) => (await imagesOf(docker, [name]))[name],
    container: (spec) =>
      createContainer(engine, {
        network: { name: network.name },
        ...spec,
        name: `drill-${run}-${spec.name}`,
        labels,
      }),
    dial: async (container, port) => ({
      host: '127.0.0.1',
      port: await container.publishedPort(port),
    }),
    leftovers: async () =>
      (await findOurs(engine)).filter((each) => each.run === run).map(({ name }) => name),
    remove: async () => void (await removeRun(engine, run)),
  }
}

/** Labels of a run that this process owns. */
export const labelsOf = (run: string): Readonly<Record<string, string>> => ({
  [runLabels.run]: run,
  [runLabels.scenario]: 'contract',
  [runLabels.owner]: ownerText(thisProcess()),
  [runLabels.expiresAt]: new Date(wallClockMs() + hours(1).ms).toISOString(),
})

export const imagesOf = <Name extends ComponentName>(
  docker: Docker,
  names: readonly Name[],
): Promise<Readonly<Record<Name, ResolvedImage>>> =>
  resolveImages(docker, names, { sources: readSettings().sources })
