import type { Cluster } from '../cluster/cluster.ts'
import type { Ns } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { belongsTo, isAlive } from '../stack/host-process.ts'
import {
  aimed,
  CannotPlan,
  type Effect,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type Injection,
} from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

/** Faults that end a server's process. The pod lives on, and with it addresses and links. */

export type ProcessPlan = FaultPlan & {
  readonly container: string
  readonly pid: number
  readonly leaderBefore: string
  readonly wasLeader: boolean
  readonly termBefore: number
}

const KILL = ended('kill', 'SIGKILL', [137], {
  does: 'SIGKILL to the server: no hand-over, the others must notice by themselves',
  witnessed: 'the engine reports exit code 137; of a leader: another node leads in a later term',
  cannotShow: 'loss of what was written and not synced: the page cache outlives the process',
  source: 'HLD:867-877',
})

const STOP = ended('stop', 'SIGTERM', [0, 143], {
  does: 'SIGTERM to the server: it hands leadership over and leaves',
  witnessed:
    'the engine reports exit code 0 or 143; of a leader: another node leads in a later term',
  cannotShow: 'a crash: the times of the two are never averaged',
  source: 'HLD:875-877',
})

export const PROCESS_FAULTS: readonly FaultKind[] = [KILL, STOP]

/** SIGKILL: no hand-over of leadership, so the others must notice by themselves. */
export const killed = (node: Target): Fault<ProcessPlan> => aimed(KILL, targetText(node))

/** SIGTERM: the server hands leadership over and leaves. Never averaged with kills. */
export const stopped = (node: Target): Fault<ProcessPlan> => aimed(STOP, targetText(node))

function ended(
  name: string,
  signal: 'SIGKILL' | 'SIGTERM',
  exitCodes: readonly number[],
  told: Pick<FaultKind, 'does' | 'witnessed' | 'cannotShow' | 'source'>,
): FaultKind<ProcessPlan> {
  return {
    name,
    family: 'process',
    ...told,
    final: false,
    targets: ['leader', 'standby', 'random', '<node>'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }, seed) {
      const node = await oneNode(cluster, target, seed)
      const { pid, running } = await node.vault.state()
      if (!running) throw new CannotPlan(`${node.name} does not run`)
      const leaderBefore = await cluster.leader()
      return {
        target: node.name,
        touches: [node.vault.id],
        container: node.vault.id,
        pid,
        leaderBefore: leaderBefore.name,
        wasLeader: leaderBefore === node,
        termBefore: await cluster.term(),
      }
    },
    async inject(cluster, plan, context) {
      await randomHeartbeatPhase(cluster, plan.target, context)
      return endProcess(cluster, plan, signal, context)
    },
    async witness(cluster, plan) {
      const node = cluster.node(plan.target)
      const state = await node.vault.state()
      if (state.running) return notYet(`${plan.target} still runs with pid ${state.pid}`)
      if (!exitCodes.includes(state.exitCode)) {
        return notYet(`${plan.target} ended with exit code ${state.exitCode}, not ${exitCodes}`)
      }
      const exit = `the engine reports exit code ${state.exitCode}`
      if (!plan.wasLeader) return happened(exit)
      const leader = await cluster.leaderOtherThan(node)
      if (leader === undefined) return notYet(`${exit}; no other node leads yet`)
      const term = await cluster.term()
      if (term <= plan.termBefore) {
        return notYet(`${leader.name} leads in term ${term}, not after ${plan.termBefore}`)
      }
      return happened(`${exit}; ${leader.name} leads in term ${term}, before ${plan.termBefore}`)
    },
    async heal({ engine }, plan) {
      await new Container(engine, plan.container, plan.target).start()
    },
    async residue({ engine }, plan) {
      const state = await new Container(engine, plan.container, plan.target).state()
      return state.running ? [] : [`${plan.target} is not running`]
    },
  }
}

/** Without it every fault would hit the same phase of the heartbeat and bias the recovery time. */
export async function randomHeartbeatPhase(
  cluster: Cluster,
  target: string,
  { seed, signal, clock }: Injection,
): Promise<void> {
  const phaseMs = seed.fraction(`heartbeat phase ${target}`) * cluster.heartbeat.ms
  const startedAt = clock.now()
  await until(
    'the random phase of a heartbeat has passed',
    () => {
      const left = phaseMs - clock.elapsedMs(startedAt)
      return left <= 0 ? happened(true) : notYet(`${Math.ceil(left)} ms are left`)
    },
    { within: seconds(60), every: milliseconds(Math.max(1, Math.min(phaseMs, 50))), signal },
  )
}

/**
 * With a local engine the signal goes to the host pid and the kernel says when the process is
 * gone: some milliseconds. The engine's own answer may come a second late under load.
 */
async function endProcess(
  cluster: Cluster,
  plan: ProcessPlan,
  signal: 'SIGKILL' | 'SIGTERM',
  { clock, signal: abort }: Injection,
): Promise<Effect> {
  const server = new Container(cluster.docker.engine, plan.container, plan.target)
  const byPid = cluster.docker.facts.local && isOwnProcess(plan) && maySignal(plan.pid)
  const issued = clock.now()
  if (byPid) process.kill(plan.pid, signal)
  else await server.signal(signal)
  const proven = await until<Ns>(
    `the process of ${plan.target} is gone`,
    async () => {
      if (byPid)
        return isAlive(plan.pid) ? notYet(`pid ${plan.pid} is alive`) : happened(clock.now())
      return (await server.state()).running
        ? notYet('the engine says it runs')
        : happened(clock.now())
    },
    { within: seconds(30), every: milliseconds(1), signal: abort },
  )
  return { issued, proven }
}

/** A member of the group `docker` may use the engine and yet not signal root's processes. */
function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false // EPERM; a process that is gone meanwhile is the engine's to find missing
  }
}

/** Guards against a pid that was used again: only a process of that container is signalled. */
function isOwnProcess(plan: ProcessPlan): boolean {
  return plan.pid > 1 && isAlive(plan.pid) && belongsTo(plan.pid, plan.container)
}
