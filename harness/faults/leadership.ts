import type { Node } from '../cluster/node.ts'
import { happened, notYet } from '../lib/until.ts'
import type { Fault, FaultPlan } from './fault.ts'

export type StepDownPlan = FaultPlan & { readonly termBefore: number }

/** The leader gives up its leadership by API and stays in the cluster; a graceful hand-over. */
export const steppedDown = (leader: Node): Fault<StepDownPlan> => ({
  name: 'step-down',
  final: false,
  async plan(cluster) {
    return { target: leader.name, termBefore: await cluster.term() }
  },
  async inject(cluster, _plan, { clock }) {
    const issued = clock.now()
    await cluster.stepDown(leader)
    return { issued, proven: clock.now() }
  },
  async witness(cluster, plan) {
    const now = await cluster.leaderOtherThan(leader)
    if (now === undefined) return notYet(`${leader.name} still leads, or nobody does`)
    const term = await cluster.term()
    return term > plan.termBefore
      ? happened(`${now.name} leads in term ${term}, before ${plan.termBefore}`)
      : notYet(`${now.name} leads in term ${term}, not after ${plan.termBefore}`)
  },
  // The old leader is a standby like any other: there is nothing to undo.
  heal: async () => {},
  residue: async () => [],
})
