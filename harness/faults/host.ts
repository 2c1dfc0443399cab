import { TOXIPROXY_PORT } from '../cluster/topology.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { type Plug, pluggedAs, plugIn, unplug } from '../stack/plug.ts'
import { askTool, runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import {
  endProcess,
  randomHeartbeatPhase,
  runningServer,
  type Server,
  startAgain,
} from './end-process.ts'
import { aimed, type Effect, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { spanOf, targetsText } from './power.ts'
import { nodesOf, type Target } from './target.ts'

/** Machines that are gone for a while, with their place in the network. Their disks stay. */

export type HostLossPlan = FaultPlan &
  Leadership & {
    readonly hosts: readonly (Server & {
      readonly plug: Plug
      /** In its pod, and what the hosts file there says beside its own name. */
      readonly tools: ToolboxSpec
      readonly names: readonly string[]
    })[]
    /** In a pod that stays: what dials the lost ones. */
    readonly witness: ToolboxSpec
  }

const HOST_LOST: FaultKind<HostLossPlan> = {
  name: 'host-lost',
  family: 'host',
  does: 'the server is killed and its pod taken out of the network; healing brings back both, at the same address, with the same disk',
  witnessed:
    'the engine reports exit code 137, the network does not list the pod, and a dial to it from another pod gets no answer at all; of a leader: another node leads in a later term, or nobody where too few are left',
  cannotShow: 'loss of what was written and not synced: the page cache outlives the process',
  source: 'HLD:771, 867-877; RB:6',
  final: false,
  targets: ['leader', 'standby', 'two', 'standbys', 'all', 'random', '<node>'],
  parameters: {},
  needs: ['unplug'],
  async plan(cluster, { target }, seed) {
    const nodes = await nodesOf(cluster, target, seed)
    const hosts = await Promise.all(
      nodes.map(async (node) => {
        const { ip, hosts } = cluster.pod(node.name).plan
        const plug = { network: cluster.network, container: node.pod.id, ip }
        const tools = cluster.toolbox(node.name)
        return { ...(await runningServer(node)), plug, tools, names: hosts.map(hostsLine) }
      }),
    )
    return {
      target: nodes.map(({ name }) => name).join(','),
      touches: hosts.flatMap(({ container, plug }) => [container, plug.container]),
      hosts,
      witness: cluster.toolbox('balancer'),
      ...(await leadershipOf(cluster)),
    }
  },
  async inject(cluster, plan, context) {
    await randomHeartbeatPhase(cluster, plan.target, context)
    const { docker } = cluster
    const losses = plan.hosts.map(async (host): Promise<Effect> => {
      const [killed] = await Promise.all([
        endProcess(docker, host, 'SIGKILL', context),
        unplug(docker.engine, host.plug),
      ])
      return { issued: killed.issued, proven: context.clock.now() }
    })
    return spanOf(await Promise.all(losses))
  },
  async witness(cluster, plan) {
    const told: string[] = []
    for (const { node, plug } of plan.hosts) {
      const { running, exitCode } = await cluster.node(node).vault.state()
      if (running) return notYet(`${node} still runs`)
      if (exitCode !== 137) return notYet(`${node} ended with exit code ${exitCode}, not 137`)
      const ip = await pluggedAs(cluster.docker.engine, plug)
      if (ip !== undefined) return notYet(`${node} is in the network as ${ip}`)
      const dialled = await dialFails(cluster.docker.engine, plan.witness, plug.ip)
      if (!dialled.happened) return dialled
      told.push(`${node}: exit code 137, not in the network, ${dialled.value}`)
    }
    const lost = plan.hosts.map(({ node }) => node)
    return lossSeen(cluster, plan, lost, told.join('; '))
  },
  async heal(docker, { hosts }) {
    await Promise.all(
      hosts.map(async ({ plug, tools, names, ...server }) => {
        await plugIn(docker.engine, plug) // first: the server binds to the address
        await writeNames(docker.engine, tools, names)
        await startAgain(docker, server)
      }),
    )
  },
  async residue({ engine }, { hosts }) {
    const left = hosts.map(async ({ node, container, plug, tools, names }) => {
      const ip = await pluggedAs(engine, plug)
      const lacking = ip === plug.ip ? await namesLacking(engine, tools, names) : []
      const { running } = await new Container(engine, container, node).state()
      return [
        ...(ip === plug.ip ? [] : [`${node} is ${ip ?? 'not'} in the network, not ${plug.ip}`]),
        ...lacking.map((line) => `the hosts file of ${node} lacks "${line}"`),
        ...(running ? [] : [`${node} is not running`]),
      ]
    })
    return (await Promise.all(left)).flat()
  },
}

/**
 * A container that leaves a network loses each line of its hosts file that names another one of
 * that network, ours too: its peers would then be resolved past their links.
 */
const hostsLine = (nameAndAddress: string): string => nameAndAddress.split(':').reverse().join('\t')

async function writeNames(
  engine: Parameters<typeof askTool>[0],
  tools: ToolboxSpec,
  names: readonly string[],
): Promise<void> {
  for (const line of await namesLacking(engine, tools, names)) {
    await runTool(engine, tools, `printf '%s\\n' '${line}' >> /etc/hosts`)
  }
}

async function namesLacking(
  engine: Parameters<typeof askTool>[0],
  tools: ToolboxSpec,
  names: readonly string[],
): Promise<readonly string[]> {
  const there = (await runTool(engine, tools, 'cat /etc/hosts')).split('\n')
  return names.filter((line) => !there.includes(line))
}

/**
 * The pod's own listener is dialled: it outlives the server, so only the network can be what
 * keeps it from answering, and then there is no refusal either.
 */
async function dialFails(
  engine: Parameters<typeof askTool>[0],
  from: ToolboxSpec,
  ip: string,
): Promise<Look<string>> {
  const dial = `import socket; socket.create_connection(("${ip}", ${TOXIPROXY_PORT}), 0.7).close()`
  const { exitCode, output } = await askTool(engine, from, `python3 -c '${dial}' 2>&1`)
  const said = output.trim().split('\n').at(-1) ?? ''
  if (exitCode === 0) return notYet(`${ip} accepts connections`)
  return /timed out|No route|unreachable/i.test(said)
    ? happened(`a dial from another pod: ${said}`)
    : notYet(`a dial from another pod: ${said}`)
}

export const HOST_FAULTS: readonly FaultKind[] = [HOST_LOST]

/** Gone with their place in the network until they are healed. */
export const hostLost = (nodes: Target | readonly Target[]): Fault<HostLossPlan> =>
  aimed(HOST_LOST, targetsText(nodes))
