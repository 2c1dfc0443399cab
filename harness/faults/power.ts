import { notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import {
  endProcess,
  randomHeartbeatPhase,
  runningServer,
  type Server,
  startAgain,
} from './end-process.ts'
import { aimed, type Effect, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { nodesOf, type Target, targetText } from './target.ts'

/** Several servers that lose power at the same moment. Disks, addresses and links stay. */

export type PowerCutPlan = FaultPlan & Leadership & { readonly servers: readonly Server[] }

const POWER_CUT: FaultKind<PowerCutPlan> = {
  name: 'power-cut',
  family: 'process',
  does: 'SIGKILL to several servers at the same moment; their disks stay',
  witnessed:
    'the engine reports exit code 137 of each, none answers; when a leader is among them: another one leads in a later term, or nobody where too few are left',
  cannotShow: 'loss of what was written and not synced: the page cache outlives the process',
  source: 'HLD:769-771; RB:6, 431',
  final: false,
  targets: ['two', 'standbys', 'all', '<node>,<node>'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }, seed) {
    const nodes = await nodesOf(cluster, target, seed)
    const servers = await Promise.all(nodes.map(runningServer))
    return {
      target: nodes.map(({ name }) => name).join(','),
      touches: servers.map(({ container }) => container),
      servers,
      ...(await leadershipOf(cluster)),
    }
  },
  async inject(cluster, plan, context) {
    await randomHeartbeatPhase(cluster, plan.target, context)
    const ends = plan.servers.map((each) => endProcess(cluster.docker, each, 'SIGKILL', context))
    return spanOf(await Promise.all(ends))
  },
  async witness(cluster, plan) {
    for (const { node: name } of plan.servers) {
      const node = cluster.node(name)
      const { running, exitCode } = await node.vault.state()
      if (running) return notYet(`${name} still runs`)
      if (exitCode !== 137) return notYet(`${name} ended with exit code ${exitCode}, not 137`)
      const answer = await node.health().catch(() => undefined)
      if (answer !== undefined) return notYet(`${name} still answers ${answer.status}`)
    }
    const told = `${plan.target}: the engine reports exit code 137, no answer`
    return lossSeen(cluster, plan, namesOf(plan), told)
  },
  async heal(docker, { servers }) {
    await Promise.all(servers.map((server) => startAgain(docker, server)))
  },
  async residue({ engine }, { servers }) {
    const states = await Promise.all(
      servers.map(({ container, node }) => new Container(engine, container, node).state()),
    )
    return servers.flatMap(({ node }, i) => (states[i]?.running ? [] : [`${node} is not running`]))
  },
}

const namesOf = ({ servers }: PowerCutPlan): readonly string[] => servers.map(({ node }) => node)

/** From the first that was issued to the last that was proven. */
export const spanOf = (effects: readonly Effect[]): Effect => ({
  issued: Math.min(...effects.map(({ issued }) => issued)),
  proven: Math.max(...effects.map(({ proven }) => proven)),
})

export const POWER_FAULTS: readonly FaultKind[] = [POWER_CUT]

/** These servers die at the same moment; a majority of them takes the quorum with it. */
export const powerCut = (nodes: Target | readonly Target[]): Fault<PowerCutPlan> =>
  aimed(POWER_CUT, targetsText(nodes))

export const targetsText = (nodes: Target | readonly Target[]): string =>
  Array.isArray(nodes) ? nodes.map(targetText).join(',') : targetText(nodes as Target)
