import type { Custody } from '../cluster/custody.ts'
import type { Node } from '../cluster/node.ts'
import type { ShareSource } from '../cluster/operator-keys.ts'
import type { OperatorNotes } from '../cluster/operator-notes.ts'
import { all } from '../lib/all.ts'
import { type Duration, hours, minutes } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { fetchNewest } from './backup-steps.ts'
import { generateRootTokenByShares } from './generate-root-token.ts'
import { byPeople, type Procedure } from './procedure.ts'
import { seeJoined } from './see-joined.ts'

export type RestoreCluster = {
  /** All of the cluster; the first one gets the snapshot, the others join it. */
  readonly nodes: readonly Node[]
  /**
   * What the restored cluster is entered with: a token of the snapshot's time, or key shares of
   * that time, which make one when nobody has such a token.
   */
  readonly custody: Custody | { readonly shares: ShareSource }
  readonly bucket: string
  /** The newest backup of before that: when the data went bad, where younger ones have it too. */
  readonly beforeMs?: number
  /** An older backup is not restored without a decision; RB:31 and RB:89 allow for a day. */
  readonly youngerThan?: Duration
  /** Somebody has decided that no disk is of use, though there are machines. */
  readonly disksAreBad?: boolean
  /** A drill: who decides has decided before, so nothing is left to people. */
  readonly rehearsed?: boolean
}

/**
 * The cluster is lost with its disks, and comes back from a snapshot (corrected form of RB 4.1,
 * HLD:847-858). Three things that the document does not say decide it: the seal with the original
 * key comes first, the answer to the upload is not the end of the restore, and the first node is
 * restarted before others join, or they stay sealed for ever.
 */
export const restoreCluster: Procedure<RestoreCluster> = {
  name: 'restore-cluster',
  runbook: 'docs/runbook/restore-cluster.md',
  async perform(
    operator,
    { nodes, custody, bucket, beforeMs, youngerThan = hours(25), disksAreBad, rehearsed = false },
    step,
    within,
  ) {
    const people = rehearsed ? {} : { people: minutes(2) }
    const original = 'shares' in custody ? undefined : custody.token
    const [first, ...others] = nodes as readonly [Node, ...Node[]]
    const { snapshots, checks, notes, loss } = operator
    // The last look before anything is destroyed; with a leader clients are let in again.
    const stillLost = () =>
      loss.seesNobodyLead().catch(async (error) => {
        await operator.openBalancer()
        throw error
      })
    await step('Declare the loss, and name who decides', byPeople, {
      source: 'RB:280-282',
      ...people,
    })
    await fetchNewest(
      step,
      checks,
      { bucket, youngerThan, beforeMs },
      { list: 'RB:219', fetch: 'RB:220-223' },
    )
    await step(
      'See that no node leads any more',
      async () => {
        if (notes.read(PROGRESS) === undefined) await loss.seesClusterLost(nodes, { disksAreBad })
        // Of an attempt before, the first one may lead; the others were stopped.
        else if (!isOver(notes, 'restored')) await loss.seesNobodyLead([first])
      },
      { source: 'RB:207' },
    )
    await step(
      'Take the nodes out of the balancer',
      async () => {
        if (!isOver(notes, 'opened')) await operator.closeBalancer()
      },
      { source: 'RB:277-278' },
    )
    await step(
      'Stop the other nodes, and provide the first one with an empty disk',
      async () => {
        if (isOver(notes, 'restored')) return
        if (notes.read(PROGRESS) === undefined) await stillLost()
        await all(others.map((node) => operator.stop(node)))
        // With a token left by an attempt before, its machine is the new one already.
        if (notes.kept(THROW_AWAY) !== undefined) return
        // Before its machine goes: half a new one is there and silent, and would count as left.
        notes.write(PROGRESS, 'begun')
        await operator.renewMachine(first)
      },
      { source: 'RB:213-216' },
    )
    const throwAway = await step(
      'Initialise the first node, with keys that will be void',
      async () => {
        if (isOver(notes, 'restored')) return
        const known = notes.kept(THROW_AWAY)
        if (known !== undefined) return known
        const { rootToken } = await snapshots.initialize(first)
        notes.keep(THROW_AWAY, rootToken)
        return rootToken
      },
      { source: 'RB:227' },
    )
    await step(
      'Restore the snapshot to it',
      async () => {
        if (throwAway === undefined) return
        const tokens = { original, throwAway }
        // Of an operator who was gone nobody knows whether the upload was applied.
        if (notes.read(PROGRESS) === 'uploading' && (await snapshots.isUnderWay(first, tokens)))
          return
        notes.write(PROGRESS, 'uploading')
        await snapshots.restore(first, { file: checks.fetched, token: throwAway })
      },
      { source: 'RB:239-241' },
    )
    await step(
      'Wait until the original token is known, and the throw-away one is not',
      async () => {
        if (throwAway === undefined) return
        await snapshots.untilInForce(first, { original, throwAway })
        notes.write(PROGRESS, 'restored')
        notes.forget(THROW_AWAY)
      },
      { source: 'RB:241' },
    )
    await step('Restart the first node, and see it unseal by itself', async () => {
      if (!isOver(notes, 'restarted')) await operator.restart(first)
      await operator.seesUnsealed(first)
      if (!isOver(notes, 'restarted')) notes.write(PROGRESS, 'restarted')
    })
    // Who the peers are, only a token tells.
    const join = async (token: Secret) => {
      const known = operator.signIn(token)
      await step(
        'Provide the other nodes with empty disks, and join them',
        async () => {
          for (const node of others) {
            if (await known.raft.isServingPeer(node)) continue
            await known.raft.remove(node)
            await operator.renewMachine(node)
            await known.raft.join(node)
          }
          await all(others.map((node) => seeJoined(known, node)))
        },
        { source: 'RB:243-257' },
      )
      await step('See all voters healthy', () => known.seesHealthyVoters(), {
        source: 'RB:260-267',
      })
    }
    // That shares of the snapshot's time make a token says besides that the snapshot is in force:
    // the init before it made others.
    if ('shares' in custody) {
      const use = ({ token }: VaultClient) => join(token as Secret)
      await within(generateRootTokenByShares, { shares: custody.shares, use })
    } else await join(custody.token)
    await step(
      'Put the nodes back into the balancer',
      async () => {
        await operator.openBalancer()
        notes.write(PROGRESS, 'opened')
      },
      { source: 'RB:277-278' },
    )
    await step(
      'See the leader answer through it',
      async () => {
        await operator.seesLeaderThroughBalancer()
        notes.forget(PROGRESS)
      },
      { source: 'RB:269-271' },
    )
    await step('Tell those who wait that it is over', byPeople, {
      source: 'RB:280-282',
      ...people,
    })
  },
}

/** The root token of the init that the restore makes void. Without it only an empty disk helps. */
const THROW_AWAY = 'throw-away-token'
/** How far a restore has come that is not over: whoever resumes it must not begin anew. */
const PROGRESS = 'restore-progress'
const ORDER = ['begun', 'uploading', 'restored', 'restarted', 'opened']

const isOver = (notes: OperatorNotes, stage: 'restored' | 'restarted' | 'opened'): boolean =>
  ORDER.indexOf(notes.read(PROGRESS) ?? '') >= ORDER.indexOf(stage)
