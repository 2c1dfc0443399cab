import type { Node } from '../cluster/node.ts'
import type { Procedure, SignedIn } from './procedure.ts'

/** Servers that are down come back with their disks, all at once (corrected form). */
export const startAllNodes: Procedure<SignedIn & { nodes: readonly Node[] }> = {
  name: 'start-all-nodes',
  runbook: 'docs/runbook/start-all-nodes.md',
  async perform(operator, { nodes }, step) {
    await step('Start every node that is down, each with its disk', () =>
      Promise.all(nodes.map((node) => operator.start(node))),
    )
    await step('See each of them unseal by itself', () =>
      Promise.all(nodes.map((node) => operator.seesUnsealed(node))),
    )
    await step('See all voters healthy', () => operator.seesHealthyVoters())
  },
}
