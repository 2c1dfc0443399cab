import type { Node } from '../cluster/node.ts'
import { all } from '../lib/all.ts'
import { minutes } from '../lib/duration.ts'
import { byPeople, type Procedure, type SignedIn } from './procedure.ts'
import { seeJoined } from './see-joined.ts'

export type RecoverQuorum = SignedIn & {
  /** The node whose disk is left. */
  readonly survivor: Node
  /** Those that are lost with their disks. */
  readonly lost: readonly Node[]
  /** Somebody has decided that the disks of the lost ones are of no use, though there are machines. */
  readonly disksAreBad?: boolean
}

/**
 * Most nodes are lost with their disks, so no leader can be elected: the one that is left becomes
 * a cluster of its own, and others join it. The documents have no such section; a restore of the
 * whole cluster would lose all that came after the snapshot.
 */
export const recoverQuorum: Procedure<RecoverQuorum> = {
  name: 'recover-quorum',
  runbook: 'docs/runbook/recover-quorum.md',
  async perform(operator, { survivor, lost, disksAreBad }, step) {
    const { raft, loss, notes } = operator
    // Whoever leads by the peers file that we wrote is no sign of a quorum; anybody else is.
    const isDone = async () =>
      notes.read(PROGRESS) === LEADS ||
      (notes.read(PROGRESS) === WRITTEN && (await raft.leads(survivor)))
    await step('Decide that the lost nodes do not come back', byPeople, { people: minutes(2) })
    await step('See that no node leads any more', async () => {
      const stage = notes.read(PROGRESS)
      if (stage === LEADS) return
      const leads = stage === WRITTEN ? [survivor] : []
      await loss.seesQuorumLost(survivor, lost, { disksAreBad, leads })
      await operator.seesSealKeyEnabled()
    })
    await step('See that none of the lost nodes answers', async () => {
      if (notes.read(PROGRESS) !== LEADS) await loss.seesLost(lost, { disksAreBad })
    })
    await step('Stop the node that is left, and every other', async () => {
      if (await isDone()) return
      await all([survivor, ...lost].map((node) => operator.stop(node)))
    })
    await step('Write the peers file: the node that is left, alone', async () => {
      if (await isDone()) return
      await raft.writePeersFile(survivor)
      notes.write(PROGRESS, WRITTEN)
    })
    await step('Start it, and see it lead', async () => {
      if (notes.read(PROGRESS) === LEADS) return
      await operator.start(survivor)
      await raft.seesLeader(survivor)
      notes.write(PROGRESS, LEADS)
    })
    await step('Provide the lost nodes with empty disks, and join them', async () => {
      for (const node of lost) {
        if (await raft.isServingPeer(node)) continue
        await raft.remove(node)
        await operator.renewMachine(node)
        await raft.join(node)
      }
      await all(lost.map((node) => seeJoined(operator, node)))
    })
    await step('See all voters healthy', () => operator.seesHealthyVoters())
    await step('See the leader answer through the balancer', async () => {
      await operator.seesLeaderThroughBalancer()
      notes.forget(PROGRESS)
    })
  },
}

/** How far it has come: a node that leads without such a note leads with a quorum. */
const PROGRESS = 'quorum-progress'
const WRITTEN = 'written'
const LEADS = 'leads'
