import { hostDestroyed } from '../harness/faults/volumes.ts'
import { hours, milliseconds, minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { backup } from '../harness/procedures/backup.ts'
import { replaceNode } from '../harness/procedures/replace-node.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  resumed: 'interrupted in each of its steps in turn, the procedure comes to its end',
  served: 'once clients were let in, they were served for good',
  stored: 'there is a verified backup, and no upload is left unfinished',
}
/** More than any procedure has: one that never ends is no procedure. */
const MOST_STEPS = 30

export const interruptedUnderLoad = scenario(
  'While tenants write, the operator is killed in each step in turn, and somebody else goes on',
  {
    id: 'RS12',
    source: 'RB:205-314, 440-486',
    hypothesis: 'Performed again from the top, a procedure goes on where it was stopped.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: (_multiplier, variant) => [
      ...(variant === 'replace' ? [rto({ within: minutes(30), source: 'RB:30' })] : []),
      variant === 'restore'
        ? rpo({ within: hours(1), source: 'RB:31' })
        : rpo({ lostWrites: 0, source: 'RB:31' }),
      checks({
        id: 'resumed',
        all: [
          FACTS.resumed,
          ...(variant === 'restore' ? [FACTS.served] : []),
          ...(variant === 'backup' ? [FACTS.stored] : []),
        ],
        source: 'RB:205-314',
      }),
    ],
    deadline: minutes(12),
  },
  {
    restore: async (verbs) => {
      const { check, cluster, inject, inspect, perform, performApart } = verbs
      const { nodes, custody } = cluster
      const { bucket, ...access } = await cluster.backupAccess()
      await perform(backup, { access: { bucket, ...access }, kind: 'daily' })

      // Symptom
      await inject(...nodes.map((node) => hostDestroyed(node)))

      // Procedure
      const served: string[] = []
      await check(FACTS.resumed, 'done', () =>
        inTurn(verbs, async (killed) => {
          const given = { nodes, custody, bucket }
          const { ended, why } = await performApart(restoreCluster, given, { killed })
          if (ended === 'killed') served.push(await inspect.throughBalancer())
          // Killed after its last deed, it finds a cluster that serves, and lets it be.
          const isOver = ended === 'refused' && /leads; nothing was changed$/.test(why)
          return isOver ? 'done' : ended
        }),
      )

      // Verification
      served.push(await inspect.throughBalancer())
      await check(FACTS.served, ['200'], async () => [
        ...new Set(served.includes('200') ? served.slice(served.indexOf('200')) : served),
      ])
    },
    replace: async (verbs) => {
      const { check, choose, cluster, inject, performApart } = verbs
      const node = choose('standby', await cluster.standbys())

      // Symptom
      await inject(hostDestroyed(node))

      // Procedure
      await check(FACTS.resumed, 'done', () =>
        inTurn(verbs, async (killed) => {
          return (await performApart(replaceNode, { node, custody: cluster.custody }, { killed }))
            .ended
        }),
      )
    },
    backup: async (verbs) => {
      const { check, cluster, inspect, performApart } = verbs
      const access = await cluster.backupAccess()
      const backups = inspect.backups(access)

      // Procedure
      await check(FACTS.resumed, 'done', () =>
        inTurn(verbs, async (killed) => {
          return (await performApart(backup, { access, kind: 'manual' }, { killed })).ended
        }),
      )

      // Verification
      await check(FACTS.stored, { verified: true, unfinished: 0 }, async () => {
        const stored = await backups.stored()
        return {
          verified: stored.some(({ verified }) => verified),
          unfinished: await backups.unfinished(),
        }
      })
    },
  },
)

type Killed = { readonly step: number; readonly when: ReturnType<typeof milliseconds> }

/** Killed in its first step, then in its second one, and so on; at an instant of the seed. */
async function inTurn(
  { choose }: Verbs,
  perform: (killed: Killed) => Promise<string>,
): Promise<string> {
  for (let step = 1; step <= MOST_STEPS; step++) {
    const when = milliseconds(choose(`instant in step ${step}`, [0, 5, 50, 200, 500, 1500]))
    const ended = await perform({ step, when })
    if (ended !== 'killed') return ended
  }
  return `not after ${MOST_STEPS} steps`
}
