import { isDeepStrictEqual } from 'node:util'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { hours, minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { DRILL_TENANTS, monthlyDrill } from '../harness/procedures/monthly-drill.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  ended: 'the drill comes to its end',
  written: 'before the loss there are the credentials of 100 tenants',
  same: 'after the restore clients read the same credentials, each as it was',
  // A rehearsal has declared and told before; a unit test holds that these two are all it leaves out.
  hands: 'the drill says that all are what they were, and that no step was left to people',
}

export const monthly = scenario(
  'On the first Monday of the month the staging cluster is destroyed and restored',
  {
    id: 'PR1',
    source: 'RB:627-648',
    hypothesis: 'In less than 30 min all 100 credentials are back, and nobody did anything.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      rto({ within: minutes(30), source: 'RB:641, 645' }),
      // Ours: from the loss to the drill's last word, with a hundred tenants.
      rto({
        id: 'drill-within',
        within: minutes(5),
        until: 'last-step',
        source: 'docs/performance.md',
      }),
      rpo({ within: hours(1), source: 'RB:31' }),
      checks({ id: 'integrity', all: Object.values(FACTS), source: 'RB:646-647' }),
    ],
    mustObserve: ['bad-probe', 'write-lost-by-restore', 'read-from-each-node'],
    deadline: minutes(8),
  },
  async ({ check, cluster, inject, perform }) => {
    const { nodes, custody } = cluster
    const access = await cluster.backupAccess()

    // Procedure, with the loss as its fourth step
    const told: string[] = []
    const paths = Array.from(
      { length: DRILL_TENANTS },
      (_, i) => `tenants/drill-${String(i + 1).padStart(4, '0')}/exchanges/binance/trading`,
    )
    // One after the other: a hundred at once are a load that this is not about.
    const credentials = async () => {
      const secrets = cluster.secrets()
      const read: Awaited<ReturnType<typeof secrets.read>>[] = []
      for (const path of paths) read.push(await secrets.read(path))
      return read
    }
    let written: Awaited<ReturnType<typeof credentials>> = []
    const destroy = async () => {
      written = await credentials()
      await inject(...nodes.map((node) => hostDestroyed(node)))
    }
    const given = { nodes, custody, access, destroy }
    await check(FACTS.ended, 'done', () =>
      perform(monthlyDrill, given, { told }).then(() => 'done', String),
    )

    // Verification
    const found = (read: typeof written) => read.filter(({ status }) => status === 200).length
    await check(FACTS.written, DRILL_TENANTS, async () => found(written))
    await check(FACTS.same, DRILL_TENANTS, async () => {
      const read = await credentials()
      return found(read.filter((each, i) => isDeepStrictEqual(each, written[i])))
    })
    await check(FACTS.hands, ['all 100 credentials are what they were', true], async () => [
      told.at(-2),
      /^restored in .*, no step of people$/.test(told.at(-1) ?? '') || told.at(-1),
    ])
  },
)
