import { happened, notYet } from '../lib/until.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

export type StepDownPlan = FaultPlan & { readonly termBefore: number }

const STEP_DOWN: FaultKind<StepDownPlan> = {
  name: 'step-down',
  family: 'leadership',
  does: 'the leader gives up its leadership by API and stays in the cluster',
  witnessed: 'another node leads in a later term',
  cannotShow: 'how long a crash takes: nobody has to notice anything',
  source: 'HLD:875-877',
  final: false,
  targets: ['leader'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }, seed) {
    const node = await oneNode(cluster, target, seed)
    const leader = await cluster.leader()
    if (node !== leader) throw new CannotPlan(`${node.name} does not lead, ${leader.name} does`)
    return { target: node.name, touches: [node.vault.id], termBefore: await cluster.term() }
  },
  async inject(cluster, plan, { clock }) {
    const issued = clock.now()
    await cluster.stepDown(cluster.node(plan.target))
    return { issued, proven: clock.now() }
  },
  async witness(cluster, plan) {
    const now = await cluster.leaderOtherThan(cluster.node(plan.target))
    if (now === undefined) return notYet(`${plan.target} still leads, or nobody does`)
    const term = await cluster.term()
    return term > plan.termBefore
      ? happened(`${now.name} leads in term ${term}, before ${plan.termBefore}`)
      : notYet(`${now.name} leads in term ${term}, not after ${plan.termBefore}`)
  },
  // The old leader is a standby like any other: there is nothing to undo.
  heal: async () => {},
  residue: async () => [],
}

export const LEADERSHIP_FAULTS: readonly FaultKind[] = [STEP_DOWN]

/** The leader gives up its leadership by API and stays in the cluster; a graceful hand-over. */
export const steppedDown = (leader: Target = 'leader'): Fault<StepDownPlan> =>
  aimed(STEP_DOWN, targetText(leader))
