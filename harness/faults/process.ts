import { notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { endProcess, randomHeartbeatPhase, startAgain } from './end-process.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { oneNode, type Target, targetText } from './target.ts'

/** Faults that end a server's process. The pod lives on, and with it addresses and links. */

export type ProcessPlan = FaultPlan &
  Leadership & {
    readonly container: string
    readonly pid: number
    readonly wasLeader: boolean
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
      const leadership = await leadershipOf(cluster)
      return {
        target: node.name,
        touches: [node.vault.id],
        container: node.vault.id,
        pid,
        wasLeader: leadership.leaderBefore === node.name,
        ...leadership,
      }
    },
    async inject(cluster, plan, context) {
      await randomHeartbeatPhase(cluster, plan.target, context)
      return endProcess(cluster.docker, { ...plan, node: plan.target }, signal, context)
    },
    async witness(cluster, plan) {
      const node = cluster.node(plan.target)
      const state = await node.vault.state()
      if (state.running) return notYet(`${plan.target} still runs with pid ${state.pid}`)
      if (!exitCodes.includes(state.exitCode)) {
        return notYet(`${plan.target} ended with exit code ${state.exitCode}, not ${exitCodes}`)
      }
      const exit = `the engine reports exit code ${state.exitCode}`
      return lossSeen(cluster, plan, [plan.target], exit)
    },
    async heal(docker, plan) {
      await startAgain(docker, { ...plan, node: plan.target }, signal)
    },
    async residue({ engine }, plan) {
      const state = await new Container(engine, plan.container, plan.target).state()
      return state.running ? [] : [`${plan.target} is not running`]
    },
  }
}
