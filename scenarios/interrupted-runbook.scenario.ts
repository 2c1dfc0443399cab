import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { replaceNode } from '../harness/procedures/replace-node.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type Cell, cellsOf, sampleOf, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  healthy: 'interrupted there, it ended healthy, or stopped safely and was healthy once resumed',
  kept: 'what was written before the backup is there',
  unchanged: 'the backup that was there is what was saved',
}
const SAMPLE = 8
/** Until then nobody has verified what the first node serves. */
const CLOSED_UNTIL = 'Put the nodes back into the balancer'
/** With its last deed done, whoever begins anew finds a cluster that is led. */
const OVER_FROM = 'See the leader answer through it'
const AT_RESTORE = { closedUntil: CLOSED_UNTIL, overFrom: OVER_FROM }

export const interruptedRunbook = scenario(
  'A procedure is interrupted in and after each of its steps, and performed again by another operator',
  {
    id: 'RS9',
    source: 'RB:205-314, 440-486',
    hypothesis:
      'Killed or left without its leader in any step, a procedure is resumed from the top.',
    suites: (variant) => (variant === 'sample' ? ['nightly'] : ['drill']),
    load: 'none',
    leaves: 'broken',
    objectives: () => [
      checks({ id: 'interrupted', all: Object.values(FACTS), source: 'RB:205-314, 440-486' }),
    ],
    // The whole matrix of a restore: 48 cells, some of which wait for minutes for a dead node.
    deadline: minutes(90),
  },
  {
    sample: async (verbs) => {
      const all = [...(await cellsOf(backup)), ...(await cellsOf(replaceNode))]
      all.push(...(await cellsOf(restoreCluster)))
      await throughEach(verbs, sampleOf(all, SAMPLE, verbs.choose))
    },
    backup: async (verbs) => throughEach(verbs, await cellsOf(backup)),
    replace: async (verbs) => throughEach(verbs, await cellsOf(replaceNode)),
    restore: async (verbs) => throughEach(verbs, await cellsOf(restoreCluster)),
  },
)

/** One after the other, until one leaves a cluster that is good for no other. */
async function throughEach(verbs: Verbs, cells: readonly Cell[]): Promise<void> {
  const { check, cluster, inspect, perform } = verbs
  const path = `drill/interrupted-${cluster.freshName()}`
  await cluster.secrets().write(path, { text: 'written before the backup' })
  const access = await cluster.backupAccess()
  const backups = inspect.backups(access)
  await perform(backup, { access, kind: 'daily' })
  const [key = ''] = await backups.keys()
  const saved = await backups.sha256(key)

  for (const cell of cells) {
    const outcome = await liveThrough(verbs, cell, access)
    await check(FACTS.healthy, 'healthy', async () => outcome)
    await check(FACTS.kept, 200, async () => (await cluster.secrets().read(path)).status)
    if (outcome !== 'healthy') return
  }
  await check(FACTS.unchanged, saved, () => backups.sha256(key))
}

async function liveThrough(
  { choose, cluster, inject, inspect, interrupt }: Verbs,
  cell: Cell,
  access: Awaited<ReturnType<Verbs['cluster']['backupAccess']>>,
): Promise<string> {
  const { nodes, custody } = cluster
  switch (cell.procedure.name) {
    case 'backup': {
      const backups = inspect.backups(access)
      const before = await verifiedOf(backups)
      const lacks = async () => {
        const made = (await verifiedOf(backups)) - before
        const unfinished = await backups.unfinished()
        return made > 0 && unfinished === 0
          ? undefined
          : `${made} verified backups more than before, ${unfinished} unfinished uploads`
      }
      return (await interrupt(cell, { access, kind: 'manual' }, { lacks })).outcome
    }
    case 'replace-node': {
      const node = choose(`node of step ${cell.step}`, await cluster.standbys())
      await inject(hostDestroyed(node))
      return (await interrupt(cell, { node, custody: cluster.custody })).outcome
    }
    default: {
      await inject(...nodes.map((node) => hostDestroyed(node)))
      const given = { nodes, custody, bucket: access.bucket }
      return (await interrupt(cell, given, AT_RESTORE)).outcome
    }
  }
}

const verifiedOf = async (backups: ReturnType<Verbs['inspect']['backups']>): Promise<number> =>
  (await backups.stored()).filter(({ verified }) => verified).length
