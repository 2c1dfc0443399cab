import { setTimeout as sleep } from 'node:timers/promises'
import { milliseconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { usageOf } from '../stack/resources.ts'
import { RESIDUE_WITHIN } from './bring-about.ts'
import { randomHeartbeatPhase, runningServer, type Server } from './end-process.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { oneNode, type Target, targetText } from './target.ts'

export type FreezePlan = FaultPlan & Server & Leadership

/** A server at work gets no CPU for so long only when it is frozen. */
const WATCHED = milliseconds(300)

const FREEZE: FaultKind<FreezePlan> = {
  name: 'freeze',
  family: 'process',
  does: 'the server is frozen where it stands: connections are accepted, nothing is answered',
  witnessed:
    'the engine says paused and the CPU time of the cgroup stands still; of a leader: another node leads in a later term',
  cannotShow: 'a host that hangs: its kernel still answers for the frozen process',
  source: 'HLD:873-877',
  final: false,
  targets: ['leader', 'standby', 'random', '<node>'],
  parameters: {},
  needs: ['pause'],
  async plan(cluster, { target }, seed) {
    const node = await oneNode(cluster, target, seed)
    const server = await runningServer(node)
    // Without a leader there is nothing to compare with, and a frozen one keeps the question open.
    const leadership = await leadershipOf(cluster).catch(() => undefined)
    if (leadership === undefined) throw new CannotPlan('nobody leads')
    return { target: node.name, touches: [server.container], ...server, ...leadership }
  },
  async inject(cluster, plan, context) {
    await randomHeartbeatPhase(cluster, plan.target, context)
    const issued = context.clock.now()
    await cluster.node(plan.target).vault.pause() // answers when the freezer says frozen
    return { issued, proven: context.clock.now() }
  },
  async witness(cluster, plan) {
    const { vault } = cluster.node(plan.target)
    if (!(await vault.state()).paused) return notYet(`${plan.target} is not paused`)
    const usedNs = await usedMeanwhile(cluster.docker.engine, plan.container)
    if (usedNs > 0) return notYet(`${plan.target} has used ${usedNs} ns of CPU in ${WATCHED.ms} ms`)
    const told = `the engine says paused, and no CPU time was used in ${WATCHED.ms} ms`
    return lossSeen(cluster, plan, [plan.target], told)
  },
  async heal({ engine }, { container, node }) {
    await new Container(engine, container, node).unpause()
  },
  async residue({ engine }, { container, node }) {
    const { running, paused } = await new Container(engine, container, node).state()
    if (paused) return [`${node} is paused`]
    if (!running) return [] // somebody ended it meanwhile
    return until(
      `${node} uses CPU time again`,
      async () => {
        return (await usedMeanwhile(engine, container)) > 0 ? happened([]) : notYet('none')
      },
      { within: RESIDUE_WITHIN },
    ).catch(() => [`${node} uses no CPU time`])
  },
}

async function usedMeanwhile(
  engine: Parameters<typeof usageOf>[0],
  container: string,
): Promise<number> {
  const { cpuNs } = await usageOf(engine, container)
  await sleep(WATCHED.ms)
  return (await usageOf(engine, container)).cpuNs - cpuNs
}

export const FREEZER_FAULTS: readonly FaultKind[] = [FREEZE]

/** Frozen until it is healed; then it goes on as if no time had passed. */
export const frozen = (node: Target): Fault<FreezePlan> => aimed(FREEZE, targetText(node))
