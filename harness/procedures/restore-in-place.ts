import type { Custody } from '../cluster/custody.ts'
import type { Node } from '../cluster/node.ts'
import type { OperatorNotes } from '../cluster/operator-notes.ts'
import { orRefuse } from '../cluster/refusal.ts'
import { all } from '../lib/all.ts'
import { type Duration, hours, minutes } from '../lib/duration.ts'
import { fetchNewest } from './backup-steps.ts'
import { byPeople, type Procedure } from './procedure.ts'

export type RestoreInPlace = {
  /** All of the cluster. */
  readonly nodes: readonly Node[]
  readonly custody: Custody
  readonly bucket: string
  /** The newest backup of before that: when the data went bad, where younger ones have it too. */
  readonly beforeMs?: number
  /** Folder of the secrets in which the nodes are compared. */
  readonly under: string
  readonly youngerThan?: Duration
}

/**
 * The nodes are well and what they hold is not, so the backup is restored to the cluster as it
 * runs (corrected form of RB 6.2 step 3 and HLD:854-858). The document has one command for it and
 * no way to see that it worked: the answer comes before the restore, the leader alone has it at
 * first (an OpenBao of before left the leader itself out, openbao#2455), and a node that is not
 * restarted keeps in memory what is not on its disk any more.
 */
export const restoreInPlace: Procedure<RestoreInPlace> = {
  name: 'restore-in-place',
  runbook: 'docs/runbook/restore-in-place.md',
  async perform(
    operator,
    { nodes, custody, bucket, under, beforeMs, youngerThan = hours(25) },
    step,
  ) {
    const { snapshots, checks, notes, raft, secrets } = operator
    await step('Say that the data is bad on every node, and name who decides', byPeople, {
      source: 'RB:280-282, 507-509',
      people: minutes(2),
    })
    await fetchNewest(
      step,
      checks,
      { bucket, youngerThan, beforeMs },
      { list: 'RB:219', fetch: 'RB:220-223' },
    )
    await step(
      'See all voters healthy: it is the data that is bad, not a node',
      async () => {
        if (notes.read(PROGRESS) === undefined) {
          await orRefuse(() => operator.seesHealthyVoters())
          await operator.seesSealKeyEnabled()
        } else if (!isOver(notes, 'restored')) await operator.seesHealthyVoters()
      },
      { source: 'RB:498-501' },
    )
    await step('Take the nodes out of the balancer', async () => {
      if (isOver(notes, 'opened')) return
      if (notes.read(PROGRESS) === undefined) notes.write(PROGRESS, 'closed')
      await operator.closeBalancer()
    })
    await step('Save what is there, bad as it is', async () => {
      if (!isOver(notes, 'uploading')) await snapshots.keepPresent(PRESENT)
    })
    const marker = await step('Make a token that the restore will make void', async () => {
      if (isOver(notes, 'restored')) return
      const known = notes.kept(MARKER)
      if (known !== undefined) return known
      const made = await snapshots.tokenOfNow()
      notes.keep(MARKER, made)
      return made
    })
    const leader = await step(
      'Restore the backup on the leader',
      async () => {
        const leading = await raft.leader()
        const node = nodes.find(({ name }) => name === leading) as Node
        if (marker === undefined) return node
        const tokens = { original: custody.token, throwAway: marker }
        // Of an operator who was gone nobody knows whether the upload was applied.
        if (notes.read(PROGRESS) === 'uploading' && (await snapshots.isUnderWay(node, tokens)))
          return node
        notes.write(PROGRESS, 'uploading')
        await snapshots.restore(node, { file: checks.fetched, token: custody.token })
        return node
      },
      { source: 'RB:507-509; HLD:854-858' },
    )
    await step('Wait until that token is unknown, and the original one is not', async () => {
      if (marker === undefined) return
      await snapshots.untilInForce(leader, { original: custody.token, throwAway: marker })
      notes.write(PROGRESS, 'restored')
      notes.forget(MARKER)
    })
    await step('See all voters healthy: the others have it too', async () => {
      if (!isOver(notes, 'restarted')) await operator.seesHealthyVoters()
    })
    await step('Stop all nodes, and start them on what they have now', async () => {
      if (isOver(notes, 'restarted')) return
      await all(nodes.map((node) => operator.stop(node)))
      await all(nodes.map((node) => operator.start(node)))
      notes.write(PROGRESS, 'restarted')
    })
    await step('See each node unsealed, and all voters healthy', async () => {
      await all(nodes.map((node) => operator.seesUnsealed(node)))
      await operator.seesHealthyVoters()
    })
    await step(
      'Ask each node for the secrets: they are the same everywhere',
      () => secrets.seesSameOnEach(nodes, under),
      { source: 'RB:269-271' },
    )
    await step('Put the nodes back into the balancer', async () => {
      await operator.openBalancer()
      notes.write(PROGRESS, 'opened')
    })
    await step(
      'See the leader answer through it',
      async () => {
        await operator.seesLeaderThroughBalancer()
        notes.forget(PROGRESS)
      },
      { source: 'RB:269-271' },
    )
    await step('Tell those who wait from which time on writes are missing', byPeople, {
      source: 'RB:280-282',
      people: minutes(2),
    })
  },
}

/** What was there before, for whoever finds out afterwards that it was wanted. */
const PRESENT = 'before-restore.present'
/** A token that is younger than the backup: it is void once that is in force. */
const MARKER = 'token-of-before'
/** How far a restore has come that is not over: whoever resumes it must not begin anew. */
const PROGRESS = 'restore-in-place-progress'
const ORDER = ['closed', 'uploading', 'restored', 'restarted', 'opened']

const isOver = (
  notes: OperatorNotes,
  stage: 'uploading' | 'restored' | 'restarted' | 'opened',
): boolean => ORDER.indexOf(notes.read(PROGRESS) ?? '') >= ORDER.indexOf(stage)
