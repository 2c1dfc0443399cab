import type { Node } from '../cluster/node.ts'
import { orRefuse, Refusal } from '../cluster/refusal.ts'
import type { Procedure, SignedIn } from './procedure.ts'

/**
 * Every server is restarted, one at a time and the leader last, as an upgrade or a change of the
 * configuration asks for. No next one before the cluster is whole again: a node that restarted
 * seconds ago fails over far more slowly.
 */
export const rollingRestart: Procedure<SignedIn & { nodes: readonly Node[] }> = {
  name: 'rolling-restart',
  runbook: 'docs/runbook/rolling-restart.md',
  async perform(operator, { nodes }, step) {
    const { raft } = operator
    await step('See all voters healthy', async () => {
      await orRefuse(() => operator.seesHealthyVoters())
      await operator.seesSealKeyEnabled()
    })
    const leader = await step('See who leads', async () => {
      const leading = await raft.leader()
      if (nodes.some(({ name }) => name === leading)) return leading
      throw new Refusal('the leader among the nodes to restart', `${leading} leads`)
    })
    await step('Restart the standbys, one after the other', async () => {
      for (const node of nodes.filter(({ name }) => name !== leader)) {
        await operator.restart(node)
        await operator.seesUnsealed(node)
        await operator.seesSettled(node)
      }
    })
    await step('Ask the leader to step down, and see another lead', async () => {
      if ((await raft.leader()) !== leader) return
      await raft.stepDown()
      await raft.seesOtherLeader(nodes.find(({ name }) => name === leader) as Node)
    })
    await step('Restart the former leader', async () => {
      const former = nodes.find(({ name }) => name === leader) as Node
      await operator.restart(former)
      await operator.seesUnsealed(former)
      await operator.seesSettled(former)
    })
  },
}
