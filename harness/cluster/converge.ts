import type { JournalData } from '../journal/entry.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { leaderView } from '../vault/leader.ts'
import type { Node } from './node.ts'
import type { View } from './view.ts'

/**
 * Waits until all voters are healthy and have applied the same index. Nothing may write
 * meanwhile, or the indexes never meet.
 * @throws {NeverHappened} with what differs.
 */
export async function converge(
  nodes: readonly Node[],
  view: View,
  signal: AbortSignal,
): Promise<JournalData['converged']> {
  return until(
    'the cluster has converged',
    async () => {
      const voters = await view.voters(nodes.length)
      if (!voters.happened) return voters
      const appliedIndexes = Object.fromEntries(
        await Promise.all(
          nodes.map(async ({ name, client }) => {
            const { appliedIndex } = await leaderView(client, { within: seconds(2), signal })
            return [name, appliedIndex] as const
          }),
        ),
      )
      return new Set(Object.values(appliedIndexes)).size === 1
        ? happened({ voters: nodes.length, appliedIndexes })
        : notYet(`applied indexes are ${JSON.stringify(appliedIndexes)}`)
    },
    { within: seconds(90), every: milliseconds(100), signal },
  )
}
