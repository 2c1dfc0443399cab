import type Dockerode from 'dockerode'
import { type Duration, seconds } from '../lib/duration.ts'
import { type Answer, Container, createContainer, statusOf } from './container.ts'
import { refuseNameOfOthers } from './name-of-others.ts'

/**
 * A container with a shell, iptables, tc and python3 beside a pod: in its network namespace, or
 * with a node's volumes. JSON all through, so that a plan can hold it and another process can
 * find or make the same one.
 */
export type ToolboxSpec = {
  /** Its container's name: who asks again gets the same one. */
  readonly name: string
  readonly image: string
  readonly entrypoint?: readonly string[] | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Id of the container whose network namespace it joins; absent: it has no network. */
  readonly pod?: string
  /** Volume name → path inside. */
  readonly volumes?: Readonly<Record<string, string>>
  /** For mounts and for the host's own namespaces; only where nothing less will do. */
  readonly privileged?: boolean
}

/**
 * The running toolbox of this description; made when it is not there.
 * @throws {NameOfOthers} when something of that name is not this run's.
 */
export async function toolbox(docker: Dockerode, spec: ToolboxSpec): Promise<Container> {
  const known = await docker
    .getContainer(spec.name)
    .inspect()
    .catch((error) => {
      if (statusOf(error) === 404) return undefined
      throw error
    })
  if (known !== undefined) {
    refuseNameOfOthers(spec, known.Config.Labels)
    const container = new Container(docker, known.Id, spec.name)
    // One that outlived its pod sits in a namespace that is gone.
    const joined = known.HostConfig.NetworkMode?.replace(/^container:/, '')
    const isOfPod = spec.pod === undefined || joined === spec.pod
    if (known.State.Running && isOfPod) return container
    await container.remove()
  }
  const container = await createContainer(docker, {
    name: spec.name,
    image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { entrypoint: spec.entrypoint }),
    labels: spec.labels,
    network: spec.pod === undefined ? 'none' : { of: new Container(docker, spec.pod, 'pod') },
    capabilities: ['NET_ADMIN', 'NET_RAW', ...(spec.privileged === true ? ['SYS_ADMIN'] : [])],
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes }),
    // What mounting takes and no more: all capabilities at once are not everywhere to be had.
    ...(spec.privileged === true ? { securityOptions: MAY_MOUNT } : {}),
    init: true,
    cpuShares: TOOLBOX_SHARES,
  })
  await container.start()
  return container
}

/** A quarter of a server's: five of them that look through all links cost clients seconds. */
const TOOLBOX_SHARES = 256

const MAY_MOUNT = ['seccomp=unconfined', 'apparmor=unconfined']

/** Runs a shell script in it. @throws {ToolFailed} when it does not end with 0. */
export async function runTool(
  docker: Dockerode,
  spec: ToolboxSpec,
  script: string,
  within: Duration = seconds(10),
): Promise<string> {
  const { exitCode, output } = await askTool(docker, spec, script, within)
  if (exitCode !== 0) throw new ToolFailed(spec.name, script, exitCode, output)
  return output
}

/** The same for a script whose exit code is the answer. */
export async function askTool(
  docker: Dockerode,
  spec: ToolboxSpec,
  script: string,
  within: Duration = seconds(10),
): Promise<Answer> {
  const box = await toolbox(docker, spec)
  // Through one pipe: between two the engine keeps no order, and what was said last says why.
  return box.exec(['sh', '-c', `exec 2>&1; ${script}`], within)
}

/** Twice is harmless. @throws {NameOfOthers} when what has its name is not this run's. */
export async function removeToolbox(docker: Dockerode, spec: ToolboxSpec): Promise<void> {
  const labels = await new Container(docker, spec.name, spec.name).labelsIfThere()
  if (labels === undefined) return
  refuseNameOfOthers(spec, labels)
  await new Container(docker, spec.name, spec.name).remove()
}

export class ToolFailed extends Error {
  override readonly name = 'ToolFailed'
  constructor(box: string, script: string, exitCode: number, output: string) {
    const said = output.trim().split('\n').at(-1) ?? ''
    super(`"${script.slice(0, 120)}" in ${box} ended with exit code ${exitCode}: ${said}`)
  }
}
